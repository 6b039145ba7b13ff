def convert(number):
    import functools
    import itertools

    signs = [("X", 10), ("IX", 9), ("V", 5), ("IV", 4), ("I", 1)]

    def step(state, sign):
        text, rest = state
        return text + sign[0] * (rest // sign[1]), rest % sign[1]

    *_, (text, _) = itertools.accumulate(signs, step, initial=("", number))
    return functools.reduce(str.__add__, text, "")
