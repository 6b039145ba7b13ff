/* Work whose cost under a tracer is measured: prints the seconds that it took.

   storms stat|open FOLDER ROUNDS   every file below FOLDER, ROUNDS times
   storms compute ROUNDS            no system call at all
   storms each COMMAND FILE ...     COMMAND FILE, one after the other */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char *names[100000];
static int count;

static int note(const char *name, const struct stat *status, int kind, struct FTW *where) {
    if (kind == FTW_F && S_ISREG(status->st_mode) && count < 100000)
        names[count++] = strdup(name);
    return 0;
}

static int every(int opening, int rounds) {
    char buffer[4096];
    struct stat status;
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < count; i++) {
            if (!opening) {
                if (stat(names[i], &status))
                    return 1;
                continue;
            }
            int file = open(names[i], O_RDONLY);
            if (file < 0 || read(file, buffer, sizeof buffer) < 0)
                return 1;
            close(file);
        }
    return 0;
}

static int compute(long rounds) {
    volatile unsigned long value = 1;
    for (long i = 0; i < rounds; i++)
        value = value * 6364136223846793005UL + 1442695040888963407UL;
    return 0;
}

static int each(char *command, char **files) {
    for (; *files; files++) {
        int status;
        char *words[] = {command, "-O2", "-c", "-o", "/tmp/object", *files, 0};
        if (!fork()) {
            execvp(command, words);
            _exit(127);
        }
        if (wait(&status) < 0 || status)
            return 1;
    }
    return 0;
}

int main(int words, char **word) {
    struct timespec begun, ended;
    const char *what = words > 2 ? word[1] : "";
    int failed = 2;
    if (!strcmp(what, "stat") || !strcmp(what, "open"))
        nftw(word[2], note, 16, FTW_PHYS);
    clock_gettime(CLOCK_MONOTONIC, &begun);
    if (count && words > 3)
        failed = every(*what == 'o', atoi(word[3]));
    if (!strcmp(what, "compute"))
        failed = compute(atol(word[2]));
    if (!strcmp(what, "each"))
        failed = each(word[2], word + 3);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    printf("%f\n", ended.tv_sec - begun.tv_sec + (ended.tv_nsec - begun.tv_nsec) / 1e9);
    return failed;
}
