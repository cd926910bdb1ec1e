// Each function of functions.h jumps to where its pointer leads: at first to
// bind, which looks the function up in the library, sets the pointer for all
// later calls, and goes on as if nothing had happened. The names are hidden, so
// that the library, which calls some of them itself, goes on calling its own.

	.text

// bind has the address of the pointer in r11, which no call keeps anything in,
// and leaves all registers that hold arguments as they are.
	.type	bind, @function
bind:
	.cfi_startproc
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%r8
	push	%r9
	push	%rax
	sub	$128, %rsp
	.cfi_adjust_cfa_offset 184
	movups	%xmm0, (%rsp)
	movups	%xmm1, 16(%rsp)
	movups	%xmm2, 32(%rsp)
	movups	%xmm3, 48(%rsp)
	movups	%xmm4, 64(%rsp)
	movups	%xmm5, 80(%rsp)
	movups	%xmm6, 96(%rsp)
	movups	%xmm7, 112(%rsp)
	mov	%r11, %rdi
	call	bind_tensorflow
	mov	%rax, %r11
	movups	(%rsp), %xmm0
	movups	16(%rsp), %xmm1
	movups	32(%rsp), %xmm2
	movups	48(%rsp), %xmm3
	movups	64(%rsp), %xmm4
	movups	80(%rsp), %xmm5
	movups	96(%rsp), %xmm6
	movups	112(%rsp), %xmm7
	add	$128, %rsp
	pop	%rax
	pop	%r9
	pop	%r8
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	.cfi_adjust_cfa_offset -184
	jmp	*%r11
	.cfi_endproc
	.size	bind, . - bind

#define FUNCTION(name)			 \
	.globl	name			;\
	.hidden	name			;\
	.type	name, @function		;\
name:	jmp	*to_##name(%rip)	;\
	.size	name, . - name		;\
first_##name:				;\
	lea	to_##name(%rip), %r11	;\
	jmp	bind			;
#include "functions.h"
#undef FUNCTION

	.data
	.balign	8
	.globl	tensorflow_functions
	.hidden	tensorflow_functions
tensorflow_functions:
#define FUNCTION(name) to_##name: .quad first_##name;
#include "functions.h"

	.section .note.GNU-stack, "", @progbits
