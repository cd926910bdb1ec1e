// confine_to takes an IPv6 address, 16 bytes, or an IPv4 one that is mapped into it.
void confine_to(const unsigned char *address);
