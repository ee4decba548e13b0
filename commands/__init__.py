"""The verbs of the command line. A verb parses nothing and computes nothing: it opens, calls the rooms, and tells.

Every verb imports what it needs when it is called: `--help` must not pay for Ansible, asyncssh or reportlab.
"""
