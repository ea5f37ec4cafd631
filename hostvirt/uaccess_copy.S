/* The only instructions of the monitor that touch guest memory, each between two labels that the fault handler in
 * uaccess.c knows: on a fault there it resumes at the routine's fault exit. */
	.text

	.macro routine name
	.p2align 4
	.globl	\name
	.hidden	\name
	.type	\name, @function
\name:
	endbr64
	.endm

	.macro mark name
	.globl	\name
	.hidden	\name
\name:
	.endm

/* size_t uaccess_copy(void *to, const void *from, size_t bytes): the bytes not copied.
 * After a fault RCX holds what is left (SDM 2B, REP), so the fault exit is the ordinary one. */
	routine	uaccess_copy
	movq	%rdx, %rcx
	mark	uaccess_copy_begin
	rep movsb
	mark	uaccess_copy_end
	movq	%rcx, %rax
	ret
	.size	uaccess_copy, . - uaccess_copy

/* size_t uaccess_clear(void *to, size_t bytes): the bytes not cleared. */
	routine	uaccess_clear
	movq	%rsi, %rcx
	xorl	%eax, %eax
	mark	uaccess_clear_begin
	rep stosb
	mark	uaccess_clear_end
	movq	%rcx, %rax
	ret
	.size	uaccess_clear, . - uaccess_clear

/* int uaccess_load(const uint32_t *from, uint32_t *value): 0, or 1 after a fault. */
	routine	uaccess_load
	mark	uaccess_load_begin
	movl	(%rdi), %eax
	mark	uaccess_load_end
	movl	%eax, (%rsi)
	xorl	%eax, %eax
	ret
	.size	uaccess_load, . - uaccess_load

/* int uaccess_exchange(uint32_t *word, uint32_t expected, uint32_t desired, uint32_t *seen): 0, or 1 after a fault. */
	routine	uaccess_exchange
	movl	%esi, %eax
	mark	uaccess_exchange_begin
	lock cmpxchgl %edx, (%rdi)
	mark	uaccess_exchange_end
	movl	%eax, (%rcx)
	xorl	%eax, %eax
	ret
	.size	uaccess_exchange, . - uaccess_exchange

/* int uaccess_store_half(uint16_t *to, uint16_t value): 0, or 1 after a fault.  One store: never half of it is seen
 * when it does not cross a cache line. */
	routine	uaccess_store_half
	mark	uaccess_store_half_begin
	movw	%si, (%rdi)
	mark	uaccess_store_half_end
	xorl	%eax, %eax
	ret
	.size	uaccess_store_half, . - uaccess_store_half

	mark	uaccess_word_fault
	movl	$1, %eax
	ret

	.section .note.GNU-stack, "", @progbits
