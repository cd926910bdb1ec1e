#define _GNU_SOURCE
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bind_linux.h"

// TensorFlow's server listens on every address that the machine has, and no setting says
// otherwise. Its library calls this bind in place of the C library's, as the program
// that defines a function comes before the libraries that do: from the call of
// confine_to on, "every address" is the one that was chosen.
static int confined;
static struct in6_addr chosen;

void confine_to(const unsigned char *address) {
	memcpy(&chosen, address, sizeof chosen);
	confined = 1;
}

int bind(int socket, const struct sockaddr *address, socklen_t length) {
	if (confined && address->sa_family == AF_INET6 && length >= sizeof(struct sockaddr_in6)) {
		struct sockaddr_in6 own = *(const struct sockaddr_in6 *)address;
		if (IN6_IS_ADDR_UNSPECIFIED(&own.sin6_addr)) own.sin6_addr = chosen;
		return syscall(SYS_bind, socket, &own, sizeof own);
	}
	if (confined && address->sa_family == AF_INET && length >= sizeof(struct sockaddr_in)) {
		struct sockaddr_in own = *(const struct sockaddr_in *)address;
		// An IPv4 address is the end of the mapped one. There is none of an IPv6
		// address: that is tried on a socket that cannot have it, and fails.
		if (own.sin_addr.s_addr == INADDR_ANY) {
			if (!IN6_IS_ADDR_V4MAPPED(&chosen)) return syscall(SYS_bind, -1, address, length);
			memcpy(&own.sin_addr, &chosen.s6_addr[12], sizeof own.sin_addr);
		}
		return syscall(SYS_bind, socket, &own, sizeof own);
	}
	return syscall(SYS_bind, socket, address, length);
}
