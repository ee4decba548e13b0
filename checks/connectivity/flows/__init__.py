"""What a device tells of the traffic that it carries, and to whom: NetFlow, IPFIX, sFlow, one file a platform."""
