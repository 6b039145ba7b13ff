/* A program whose every access is known to test_strace.py. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int known(void) {
    struct stat status;
    int folder = open("sub", O_RDONLY | O_DIRECTORY);
    openat(folder, "file", O_RDONLY);
    openat(folder, "../link", O_RDONLY);
    lstat("link", &status);
    fstat(folder, &status);
    access("na = \"me\" <\377", F_OK);
    if (!fork()) {
        fchdir(folder);
        access("of-child", F_OK);
        _exit(0);
    }
    wait(0);
    if (!vfork()) {
        execl("missing", "missing", (char *)0);
        _exit(0);
    }
    wait(0);
    access("of-parent", F_OK);
    return 7;
}

static int other_user(void) {
    int folder = open("sub", O_RDONLY | O_DIRECTORY);
    setgroups(0, 0);
    if (setgid(33) || setuid(33))
        return 1;
    openat(folder, "file", O_RDONLY);
    chdir("sub");
    access("nothing", F_OK);
    execl("/subject", "/subject", "nothing", (char *)0);
    return 1;
}

static void *in_thread(void *unused) {
    unshare(CLONE_FS);
    chdir("sub");
    access("in-thread", F_OK);
    return 0;
}

static int threads(void) {
    pthread_t thread;
    pthread_create(&thread, 0, in_thread, 0);
    pthread_join(thread, 0);
    access("in-first", F_OK);
    pthread_exit(0);
}

static int storm(void) {
    char name[64];
    for (int index = 0; index < 200; index++)
        if (!fork()) {
            snprintf(name, sizeof name, "of-child-%d", index);
            access(name, F_OK);
            if (!fork()) {
                snprintf(name, sizeof name, "of-grandchild-%d", index);
                access(name, F_OK);
                _exit(0);
            }
            wait(0);
            _exit(0);
        }
    /* not until there is none left: strace is a child of the first process too */
    for (int index = 0; index < 200; index++)
        wait(0);
    return 0;
}

static void on_term(int number) {
    access("goodbye", F_OK);
    _exit(3);
}

static void on_user(int number) {
    for (;;)
        memset(malloc(1 << 20), 1, 1 << 20);
}

static int waits(void) {
    access("before", F_OK);
    signal(SIGTERM, on_term);
    signal(SIGUSR1, on_user);
    write(1, "waiting\n", 8);
    for (;;)
        pause();
}

/* Through links of /proc; the last descriptor was made by a call that is not traced. */
static int links(void) {
    struct stat status;
    char name[64];
    int folder = open("sub", O_RDONLY | O_DIRECTORY);
    stat("/proc/self/root/data/above", &status);
    readlink("/proc/thread-self/cwd/link", name, sizeof name);
    snprintf(name, sizeof name, "/proc/self/fd/%d/file", folder);
    access(name, F_OK);
    dup2(folder, 9);
    open("/dev/fd/9/none", O_RDONLY);
    if (!fork()) {
        chdir("/");
        access("/proc/1/cwd/of-first", F_OK);
        execl("/proc/self/exe", "subject", "nothing", (char *)0);
        _exit(1);
    }
    wait(0);
    snprintf(name, sizeof name, "/proc/self/fd/%d/lost", fcntl(folder, F_DUPFD, 20));
    access(name, F_OK);
    return 0;
}

static int rights(void) {
    char line[256];
    FILE *status = fopen("/proc/self/status", "r");
    printf("%d %d\n", getpid(), getppid());
    while (fgets(line, sizeof line, status))
        if (!strncmp(line, "Cap", 3))
            fputs(line, stdout);
    return 0;
}

int main(int count, char **arguments) {
    const char *what = count > 1 ? arguments[1] : "";
    if (!strcmp(what, "known")) return known();
    if (!strcmp(what, "other-user")) return other_user();
    if (!strcmp(what, "threads")) return threads();
    if (!strcmp(what, "storm")) return storm();
    if (!strcmp(what, "wait")) return waits();
    if (!strcmp(what, "links")) return links();
    if (!strcmp(what, "rights")) return rights();
    if (!strcmp(what, "nothing")) return 0;
    return 9;
}
