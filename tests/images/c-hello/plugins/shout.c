#include <ctype.h>

void transform(char *text)
{
    for (; *text; text++)
        *text = (char)toupper((unsigned char)*text);
}
