/* transcode FROM TO: standard input to standard output, in another character set. */
#include <errno.h>
#include <iconv.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

int main(int count, char **arguments)
{
    static char in[1 << 16], out[1 << 18];
    if (count != 3) {
        fputs("usage: transcode FROM TO\n", stderr);
        return 64;
    }
    setlocale(LC_ALL, "");
    iconv_t converter = iconv_open(arguments[2], arguments[1]);
    if (converter == (iconv_t)-1) {
        fprintf(stderr, "transcode: %s to %s: %s\n", arguments[1], arguments[2], strerror(errno));
        return 1;
    }
    char *from = in, *to = out;
    size_t length = fread(in, 1, sizeof in, stdin), room = sizeof out;
    if (iconv(converter, &from, &length, &to, &room) == (size_t)-1 || iconv(converter, NULL, NULL, &to, &room) == (size_t)-1) {
        fprintf(stderr, "transcode: byte %td: %s\n", from - in, strerror(errno));
        return 2;
    }
    fwrite(out, 1, to - out, stdout);
    return 0;
}
