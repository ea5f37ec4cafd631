"""Runs scripts that nobody trusts, as scripting.c does, through libcloister by ctypes.

Usage: scripting.py IMAGE (javascript|groovy SCRIPT)...      LIBRARY: libcloister.so, when it is not where the loader looks
"""
import ctypes as c
import os
import sys

class Start(c.Structure):  # struct cloister_zygote_start
    _fields_ = [('snapshot', c.c_char_p), ('name', c.c_char_p), ('standbys', c.c_uint),
                ('options', c.POINTER(c.c_char_p)), ('standard', c.POINTER(c.c_int)), ('monitor', c.c_char_p)]

class Message(c.Structure):
    _fields_ = [('handler', c.c_char_p), ('json', c.c_int), ('data', c.c_char_p), ('bytes', c.c_size_t)]

class Answer(c.Structure):
    _fields_ = [('status', c.c_int), ('data', c.c_char_p), ('bytes', c.c_size_t)]

WAYS = ['answer', 'exception', 'refused', 'ended', 'late']
library = c.CDLL(os.environ.get('LIBRARY', 'libcloister.so'))
reason = c.create_string_buffer(512)

def check(error):
    if error != 0:
        sys.exit('scripting: ' + reason.value.decode())

def run(zygote, language, script):
    clone, answer, message = c.c_void_p(), Answer(), Message(b'Scripts.' + language, 0, script, len(script))
    check(library.cloister_clone(c.byref(clone), zygote, None, (c.c_int * 3)(-1, -1, -1), reason, c.c_size_t(512)))
    check(library.cloister_call(clone, c.byref(message), 5000, c.byref(answer), reason, c.c_size_t(512)))
    text = answer.data.decode().split('\n')[0]
    print(f'{language.decode():<10} {WAYS[answer.status]:<9} {text}')
    library.cloister_answer_free(c.byref(answer))
    library.cloister_free(clone)

words = [os.fsencode(word) for word in sys.argv[1:]]
options = (c.c_char_p * 3)(b'--warm', b'--memory=192M', None)
zygote = c.c_void_p()
check(library.cloister_zygote_start(c.byref(zygote), c.byref(Start(words[0], None, 2, options)), reason, c.c_size_t(512)))
for pair in zip(words[1::2], words[2::2]):
    run(zygote, *pair)
library.cloister_zygote_free(zygote)
