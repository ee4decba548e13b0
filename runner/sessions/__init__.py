"""Connections to machines. Only this package knows asyncssh, netmiko, paramiko or testinfra's backends."""
