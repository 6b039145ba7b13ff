/* Tells by whose rights it runs, and whether it may open a raw socket. */
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    int raw = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    printf("user %d, group %d, raw socket %s\n", geteuid(), getegid(), raw < 0 ? "refused" : "open");
    return 0;
}
