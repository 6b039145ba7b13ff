/* A program that opens files in ways that test_fanotify.py names. Static: runs on any image. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char path[4096];

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

/* COUNT new files in FOLDER, a thousand in each folder of it, then opened as fast as can be. */
static int storm(const char *folder, int count) {
    for (int i = 0; i < count; i++) {
        if (i % 1000 == 0) {
            snprintf(path, sizeof path, "%s/%d", folder, i / 1000);
            mkdir(path, 0755);
        }
        snprintf(path, sizeof path, "%s/%d/%d", folder, i / 1000, i);
        mknod(path, S_IFREG | 0644, 0);
    }
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%d/%d", folder, i / 1000, i);
        int file = open(path, O_RDONLY);
        if (file < 0)
            return 1;
        close(file);
    }
    return 0;
}

/* How long COUNT rounds over a hundred files of FOLDER take, opened and read, then stat'ed. */
static int timed(const char *folder, int count) {
    char buffer[512];
    struct stat status;
    if (storm(folder, 100))
        return 1;
    double start = now();
    for (int i = 0; i < count * 100; i++) {
        snprintf(path, sizeof path, "%s/0/%d", folder, i % 100);
        int file = open(path, O_RDONLY);
        if (read(file, buffer, sizeof buffer) < 0)
            return 1;
        close(file);
    }
    double middle = now();
    for (int i = 0; i < count * 100; i++) {
        snprintf(path, sizeof path, "%s/0/%d", folder, i % 100);
        stat(path, &status);
    }
    printf("%f %f\n", middle - start, now() - middle);
    return 0;
}

/* PASSED is opened by one process and read by another that gets its descriptor over a socket. */
static int pass(const char *passed) {
    int pair[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    char space[CMSG_SPACE(sizeof(int))] = {0}, byte = 'x';
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
    if (!fork()) {
        int file = open(passed, O_RDONLY);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &file, sizeof file);
        sendmsg(pair[0], &message, 0);
        _exit(0);
    }
    recvmsg(pair[1], &message, 0);
    int file;
    memcpy(&file, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof file);
    wait(0);
    return read(file, &byte, 1) != 1;
}

/* MAPPED is mapped and closed, OPENED kept open; then wait to be killed. */
static int hold(const char *mapped, const char *opened) {
    int file = open(mapped, O_RDONLY);
    char *memory = mmap(0, 1, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    open(opened, O_RDONLY);
    memfd_create("none of the image", 0);
    chdir("/usr/local");
    printf("%d\n", memory[0] >= 0);
    fflush(stdout);
    pause();
    return 0;
}

/* A daemon: its first two ancestors are gone when it opens OPENED. */
static int daemonised(const char *opened) {
    int ends[2];
    char byte;
    pipe(ends);
    pid_t child = fork();
    if (!child) {
        setsid();
        pid_t first = getpid();
        if (!fork()) {
            while (getppid() == first)
                usleep(1000);
            open(opened, O_RDONLY);
        }
        _exit(0);
    }
    waitpid(child, 0, 0);
    close(ends[1]);
    return read(ends[0], &byte, 1) != 0;
}

/* OPENED by io_uring(7), without open(2). Prints the error where the kernel does not allow it. */
static int uring(const char *opened) {
    struct io_uring_params parameters = {0};
    int ring = syscall(SYS_io_uring_setup, 1, &parameters);
    if (ring < 0) {
        printf("%s\n", strerror(errno));
        return 0;
    }
    char *queue = mmap(0, parameters.sq_off.array + 64, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
    char *done = mmap(0, parameters.cq_off.cqes + 64, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_CQ_RING);
    struct io_uring_sqe *entry = mmap(0, sizeof *entry, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
    memset(entry, 0, sizeof *entry);
    entry->opcode = IORING_OP_OPENAT;
    entry->fd = AT_FDCWD;
    entry->addr = (unsigned long)opened;
    entry->open_flags = O_RDONLY;
    ((unsigned *)(queue + parameters.sq_off.array))[0] = 0;
    atomic_store((_Atomic unsigned *)(queue + parameters.sq_off.tail), 1);
    if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, 0, 0) != 1)
        return 1;
    int result = ((struct io_uring_cqe *)(done + parameters.cq_off.cqes))->res;
    printf("%s\n", result < 0 ? strerror(-result) : "opened");
    return 0;
}

/* Each name in turn; all exist. */
static int each(char **names) {
    for (; *names; names++)
        if (open(*names, O_RDONLY) < 0)
            return 1;
    return 0;
}

int main(int count, char **words) {
    (void)count;
    if (!strcmp(words[1], "storm"))
        return storm(words[2], atoi(words[3]));
    if (!strcmp(words[1], "timed"))
        return timed(words[2], atoi(words[3]));
    if (!strcmp(words[1], "pass"))
        return pass(words[2]);
    if (!strcmp(words[1], "hold"))
        return hold(words[2], words[3]);
    if (!strcmp(words[1], "daemon"))
        return daemonised(words[2]);
    if (!strcmp(words[1], "uring"))
        return uring(words[2]);
    if (!strcmp(words[1], "each"))
        return each(words + 2);
    return 2;
}
