/* A small HTTP server: / greets, other paths are files of ./site, /-/ tells about the process.
 * PUT writes a file below ./site. One request a connection. SIGTERM and SIGUSR1 end it in good order. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PORT 8080

static void done(int number)
{
    static const char said[] = "httpd: bye\n";
    if (write(STDOUT_FILENO, said, sizeof said - 1) < 0)
        _exit(4);
    _exit(number == SIGTERM || number == SIGUSR1 ? 0 : 5);
}

static void answer(int client, const char *status, const char *method, const char *body, size_t size)
{
    dprintf(client, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status, size);
    if (strcmp(method, "HEAD") && write(client, body, size) < 0)
        perror("httpd: write");
}

static void say(int client, const char *status, const char *method, const char *text)
{
    answer(client, status, method, text, strlen(text));
}

static void identity(int client, const char *method)
{
    char text[1024];
    gid_t groups[64];
    int count = getgroups(64, groups), used;
    char folder[512] = "?";
    if (!getcwd(folder, sizeof folder))
        folder[0] = 0;
    used = snprintf(text, sizeof text, "uid=%d gid=%d cwd=%s groups=", getuid(), getgid(), folder);
    for (int i = 0; i < count && used < 1000; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, i ? ",%d" : "%d", groups[i]);
    say(client, "200 OK", method, text);
}

static void send_file(int client, const char *method, const char *path)
{
    static char content[1 << 20];
    struct stat found;
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0 || fstat(file, &found) < 0 || S_ISDIR(found.st_mode)) {
        say(client, file < 0 && errno == EACCES ? "403 Forbidden" : "404 Not Found", method, "no such file\n");
    } else {
        ssize_t size = read(file, content, sizeof content);
        answer(client, "200 OK", method, content, size > 0 ? (size_t)size : 0);
    }
    if (file >= 0)
        close(file);
}

static void store_file(int client, const char *path, const char *body)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (file < 0 || write(file, body, strlen(body)) < 0) {
        say(client, errno == EACCES || errno == EROFS ? "403 Forbidden" : "409 Conflict", "PUT", strerror(errno));
    } else {
        struct stat made;
        char text[64];
        fstat(file, &made);
        snprintf(text, sizeof text, "uid=%d gid=%d", made.st_uid, made.st_gid);
        say(client, "201 Created", "PUT", text);
    }
    if (file >= 0)
        close(file);
}

static void serve(int client)
{
    char request[8192], method[16] = "", path[1024] = "", file[1100];
    ssize_t size = read(client, request, sizeof request - 1);
    request[size > 0 ? size : 0] = 0;
    if (sscanf(request, "%15s %1023s", method, path) != 2 || path[0] != '/' || strstr(path, "..")) {
        say(client, "400 Bad Request", "GET", "not a request\n");
        return;
    }
    char *body = strstr(request, "\r\n\r\n");
    snprintf(file, sizeof file, "site%s", path);
    if (!strcmp(method, "PUT"))
        store_file(client, file, body ? body + 4 : "");
    else if (strcmp(method, "GET") && strcmp(method, "HEAD"))
        say(client, "405 Method Not Allowed", method, "GET, HEAD or PUT\n");
    else if (!strcmp(path, "/"))
        say(client, "200 OK", method, getenv("GREETING") ? getenv("GREETING") : "hello");
    else if (!strcmp(path, "/-/identity"))
        identity(client, method);
    else if (!strncmp(path, "/-/environment/", 15))
        say(client, "200 OK", method, getenv(path + 15) ? getenv(path + 15) : "");
    else
        send_file(client, method, file);
}

/* Whether the server of this container answers: a HEALTHCHECK that needs no other program. */
static int check(struct sockaddr_in where)
{
    char said[13] = "";
    int server = socket(AF_INET, SOCK_STREAM, 0);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(server, (struct sockaddr *)&where, sizeof where) < 0) {
        perror("httpd: check");
        return 1;
    }
    dprintf(server, "GET / HTTP/1.0\r\n\r\n");
    return read(server, said, 12) == 12 && !strcmp(said, "HTTP/1.1 200") ? 0 : 1;
}

int main(int count, char **arguments)
{
    int yes = 1, listening = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    if (count > 1 && !strcmp(arguments[1], "--check"))
        return check(where);
    signal(SIGTERM, done);
    signal(SIGUSR1, done);
    signal(SIGPIPE, SIG_IGN);
    umask(0027);
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listening, (struct sockaddr *)&where, sizeof where) < 0 || listen(listening, 64) < 0) {
        perror("httpd");
        return 1;
    }
    for (;;) {
        int client = accept(listening, NULL, NULL);
        if (client < 0)
            continue;
        serve(client);
        shutdown(client, SHUT_WR);
        close(client);
    }
}
