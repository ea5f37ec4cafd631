/* The vDSO's image (built from vdso/) as data of the monitor. */
    .section .rodata
    .balign 16
    .globl vdso_image
    .hidden vdso_image
vdso_image:
    .incbin VDSO_IMAGE
    .globl vdso_image_end
    .hidden vdso_image_end
vdso_image_end:
    .section .note.GNU-stack, "", @progbits
