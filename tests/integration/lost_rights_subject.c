/* Programs that a tracer changes or can lose sight of; test_lost_rights.py runs them. Static. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Whether a file that only root may read can be opened: a set-uid program's work. */
static int secret(void) {
    puts(open("/secret", O_RDONLY) < 0 ? "refused" : "opened");
    return 0;
}

/* A debugger and its program, which opens a file. */
static int debugger(void) {
    int status;
    pid_t child = fork();
    if (!child) {
        if (ptrace(PTRACE_TRACEME, 0, 0, 0))
            _exit(1);
        raise(SIGSTOP);
        open("/debugged", O_RDONLY);
        _exit(0);
    }
    waitpid(child, &status, 0);
    puts(WIFSTOPPED(status) ? "debugs" : "cannot debug");
    if (WIFSTOPPED(status)) {
        ptrace(PTRACE_CONT, child, 0, 0);
        waitpid(child, &status, 0);
    }
    return 0;
}

static int in_chroot(void) {
    if (chroot("/jail") || chdir("/"))
        return 1;
    return open("/file", O_RDONLY) < 0;
}

static int in_pivot(void) {
    if (unshare(CLONE_NEWNS) || mount(0, "/", 0, MS_REC | MS_PRIVATE, 0))
        return 1;
    if (mount("/jail", "/jail", 0, MS_BIND, 0) || chdir("/jail") || syscall(SYS_pivot_root, ".", "."))
        return 2;
    if (umount2(".", MNT_DETACH) || chdir("/"))
        return 3;
    return open("/file", O_RDONLY) < 0;
}

int main(int count, char **words) {
    const char *what = count > 1 ? words[1] : "";
    if (!strcmp(what, "secret"))
        return secret();
    if (!strcmp(what, "runs-set-uid"))
        return execl("/set-uid", "/set-uid", "secret", (char *)0);
    if (!strcmp(what, "debugger"))
        return debugger();
    if (!strcmp(what, "chroot"))
        return in_chroot();
    if (!strcmp(what, "pivot"))
        return in_pivot();
    return 9;
}
