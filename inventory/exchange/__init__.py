"""The inventory in and out: spreadsheets and NetBox in, spreadsheets, YAML and Ansible's inventory out."""
