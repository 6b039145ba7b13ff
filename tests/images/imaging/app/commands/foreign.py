def call():
    import ctypes.util

    import cffi

    ffi = cffi.FFI()
    ffi.cdef("int abs(int); size_t strlen(const char *);")
    library = ffi.dlopen(None)
    print(library.abs(-4), library.strlen(b"four"), ctypes.CDLL(None).abs(-5))
    print(ffi.new("int[3]", [1, 2, 3])[2], ffi.typeof("struct x *").kind)
