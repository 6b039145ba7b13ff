import string


def convert(number):
    return string.Template("number $n").substitute(n=number)
