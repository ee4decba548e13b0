"""What is asked of programs that servers and devices both have, and how their output and configuration are read.

A reader asks and understands; it judges nothing. Its question has one text, whichever check asks it, so that it is sent
to a host once.
"""
