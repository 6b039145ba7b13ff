/* Greets by its configuration; each option takes a branch that needs other files of the system. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <iconv.h>
#include <langinfo.h>
#include <locale.h>
#include <netdb.h>
#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

static char name[64] = "nobody", zone[64] = "UTC";
static long epoch;

static int fail(const char *what)
{
    fprintf(stderr, "hello: %s: %s\n", what, strerror(errno));
    return 3;
}

static int configure(const char *path)
{
    char line[256];
    FILE *file = fopen(path, "r");
    if (!file)
        return fail(path);
    while (fgets(line, sizeof line, file)) {
        sscanf(line, "name=%63[^\n]", name);
        sscanf(line, "epoch=%ld", &epoch);
        sscanf(line, "zone=%63s", zone);
    }
    fclose(file);
    return 0;
}

static int greet(void)
{
    char when[64];
    time_t moment = epoch;
    setenv("TZ", zone, 1);
    tzset();
    strftime(when, sizeof when, "%Y-%m-%d %H:%M %Z", localtime(&moment));
    printf("hello, %s (%zu letters, %s): %s\n", name, mbstowcs(NULL, name, 0), nl_langinfo(CODESET), when);
    return 0;
}

static void *work(void *result)
{
    *(int *)result = 42;
    pthread_exit(result); /* glibc opens libgcc_s.so.1 here, and only here */
}

static int threads(void)
{
    pthread_t thread;
    int result = 0;
    if ((errno = pthread_create(&thread, NULL, work, &result)))
        return fail("pthread_create");
    pthread_join(thread, NULL);
    printf("thread says %d\n", result);
    return 0;
}

static int look_up(const char *user)
{
    char text[64] = "";
    struct passwd *found = getpwnam(user);
    struct servent *service = getservbyname("https", "tcp");
    struct addrinfo *address, hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    int error = getaddrinfo("localhost", NULL, &hints, &address);
    if (error) {
        fprintf(stderr, "hello: localhost: %s\n", gai_strerror(error));
        return 3;
    }
    inet_ntop(AF_INET, &((struct sockaddr_in *)address->ai_addr)->sin_addr, text, sizeof text);
    freeaddrinfo(address);
    printf("%s %d, https %d, localhost %s\n", user, found ? (int)found->pw_uid : -1,
           service ? ntohs((unsigned short)service->s_port) : -1, text);
    return 0;
}

static int convert(const char *charset)
{
    char out[256], *to = out, *from = name;
    size_t room = sizeof out, left = strlen(name);
    iconv_t table = iconv_open(charset, "UTF-8");
    if (table == (iconv_t)-1 || iconv(table, &from, &left, &to, &room) == (size_t)-1)
        return fail(charset);
    printf("%s:", charset);
    for (char *byte = out; byte < to; byte++)
        printf(" %02x", (unsigned char)*byte);
    printf("\n");
    return 0;
}

static int plugin(const char *which)
{
    char path[128], text[] = "plugged in";
    snprintf(path, sizeof path, "/usr/local/lib/hello/%s.so", which);
    void *library = dlopen(path, RTLD_NOW);
    void (*transform)(char *) = library ? (void (*)(char *))dlsym(library, "transform") : NULL;
    if (!transform) {
        fprintf(stderr, "hello: %s\n", dlerror());
        return 3;
    }
    transform(text);
    puts(text);
    return 0;
}

static int show(const char *path)
{
    char buffer[4096];
    FILE *file = fopen(path, "r");
    if (!file)
        return fail(path);
    for (size_t count; (count = fread(buffer, 1, sizeof buffer, file)) > 0;)
        fwrite(buffer, 1, count, stdout);
    fclose(file);
    return 0;
}

static int shell(const char *command)
{
    char line[256];
    FILE *pipe = popen(command, "r"); /* /bin/sh */
    if (!pipe)
        return fail(command);
    while (fgets(line, sizeof line, pipe))
        printf("shell says %s", line);
    return pclose(pipe) ? 3 : 0;
}

int main(int count, char **arguments)
{
    const char *option = count > 1 ? arguments[1] : "", *value = count > 2 ? arguments[2] : "";
    setlocale(LC_ALL, "");
    int failed = configure("/etc/hello/hello.conf");
    if (failed)
        return failed;
    if (!*option)
        return greet();
    if (!strcmp(option, "--zone"))
        return snprintf(zone, sizeof zone, "%s", value), greet();
    if (!strcmp(option, "--threads"))
        return threads();
    if (!strcmp(option, "--lookup"))
        return look_up(value);
    if (!strcmp(option, "--iconv"))
        return convert(value);
    if (!strcmp(option, "--plugin"))
        return plugin(value);
    if (!strcmp(option, "--verse"))
        return show("/usr/local/share/hello/verse.txt");
    if (!strcmp(option, "--shell"))
        return shell(value);
    if (!strcmp(option, "--exit"))
        return atoi(value);
    fprintf(stderr, "hello: no such option: %s\n", option);
    return 2;
}
