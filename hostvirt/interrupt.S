/* A host system call that a kick cannot miss: between the last look at `wanted` and the `syscall` instruction the
 * kick's handler (blocking.c) finds RIP here and sends the thread to the exit with -EINTR.
 *
 * long interruptible_call(const _Atomic int *wanted, long number, long a, b, c, d, e, f) */
#include <asm/errno.h>

	.text
	.p2align 4
	.globl	interruptible_call
	.hidden	interruptible_call
	.type	interruptible_call, @function
interruptible_call:
	endbr64
	movq	%rdi, %r11		/* free until `syscall` overwrites it */
	movq	%rsi, %rax
	movq	%rdx, %rdi
	movq	%rcx, %rsi
	movq	%r8, %rdx
	movq	%r9, %r10
	movq	8(%rsp), %r8
	movq	16(%rsp), %r9
	.globl	interruptible_check
	.hidden	interruptible_check
interruptible_check:
	cmpl	$0, (%r11)
	jne	interruptible_exit
	.globl	interruptible_enter
	.hidden	interruptible_enter
interruptible_enter:
	syscall
	ret
	.globl	interruptible_exit
	.hidden	interruptible_exit
interruptible_exit:
	movq	$-EINTR, %rax
	ret
	.size	interruptible_call, . - interruptible_call

	.section .note.GNU-stack, "", @progbits
