// SPDX-License-Identifier: Apache-2.0

//go:build gc && amd64 && !purego

#include "textflag.h"

// table is floor(2^32 * abs(sin(i+1))), as RFC 1321, section 3.4, has it; two of them in each line.
DATA table<>+0x000(SB)/8, $0xe8c7b756d76aa478
DATA table<>+0x008(SB)/8, $0xc1bdceee242070db
DATA table<>+0x010(SB)/8, $0x4787c62af57c0faf
DATA table<>+0x018(SB)/8, $0xfd469501a8304613
DATA table<>+0x020(SB)/8, $0x8b44f7af698098d8
DATA table<>+0x028(SB)/8, $0x895cd7beffff5bb1
DATA table<>+0x030(SB)/8, $0xfd9871936b901122
DATA table<>+0x038(SB)/8, $0x49b40821a679438e
DATA table<>+0x040(SB)/8, $0xc040b340f61e2562
DATA table<>+0x048(SB)/8, $0xe9b6c7aa265e5a51
DATA table<>+0x050(SB)/8, $0x02441453d62f105d
DATA table<>+0x058(SB)/8, $0xe7d3fbc8d8a1e681
DATA table<>+0x060(SB)/8, $0xc33707d621e1cde6
DATA table<>+0x068(SB)/8, $0x455a14edf4d50d87
DATA table<>+0x070(SB)/8, $0xfcefa3f8a9e3e905
DATA table<>+0x078(SB)/8, $0x8d2a4c8a676f02d9
DATA table<>+0x080(SB)/8, $0x8771f681fffa3942
DATA table<>+0x088(SB)/8, $0xfde5380c6d9d6122
DATA table<>+0x090(SB)/8, $0x4bdecfa9a4beea44
DATA table<>+0x098(SB)/8, $0xbebfbc70f6bb4b60
DATA table<>+0x0a0(SB)/8, $0xeaa127fa289b7ec6
DATA table<>+0x0a8(SB)/8, $0x04881d05d4ef3085
DATA table<>+0x0b0(SB)/8, $0xe6db99e5d9d4d039
DATA table<>+0x0b8(SB)/8, $0xc4ac56651fa27cf8
DATA table<>+0x0c0(SB)/8, $0x432aff97f4292244
DATA table<>+0x0c8(SB)/8, $0xfc93a039ab9423a7
DATA table<>+0x0d0(SB)/8, $0x8f0ccc92655b59c3
DATA table<>+0x0d8(SB)/8, $0x85845dd1ffeff47d
DATA table<>+0x0e0(SB)/8, $0xfe2ce6e06fa87e4f
DATA table<>+0x0e8(SB)/8, $0x4e0811a1a3014314
DATA table<>+0x0f0(SB)/8, $0xbd3af235f7537e82
DATA table<>+0x0f8(SB)/8, $0xeb86d3912ad7d2bb
GLOBL table<>(SB), RODATA|NOPTR, $256

// Two times eight lanes, each a 32-bit part of a register: a, b, c and d of the first eight are Y0 to Y3, those of the others Y4 to Y7, so that
// one half has something to do while the other waits. DI points to the state, SI to the words, DX to the table.

// BEGIN adds a word of the text and one of the table to a of both halves.
#define BEGIN(a0, a1, word, step) \
	VPBROADCASTD (step*4)(DX), Y12 \
	VPADDD (word*64)(SI), a0, a0 \
	VPADDD (word*64+32)(SI), a1, a1 \
	VPADDD Y12, a0, a0 \
	VPADDD Y12, a1, a1

// END adds what Y8 and Y9 hold, turns a to the left and adds b.
#define END(a0, b0, a1, b1, left) \
	VPADDD Y8, a0, a0 \
	VPADDD Y9, a1, a1 \
	VPSLLD $left, a0, Y8 \
	VPSLLD $left, a1, Y9 \
	VPSRLD $(32-left), a0, a0 \
	VPSRLD $(32-left), a1, a1 \
	VPOR Y8, a0, a0 \
	VPOR Y9, a1, a1 \
	VPADDD b0, a0, a0 \
	VPADDD b1, a1, a1

// The functions of RFC 1321, section 3.4. F is ((c ^ d) & b) ^ d.
#define STEPF(a0, b0, c0, d0, a1, b1, c1, d1, word, left, step) \
	BEGIN(a0, a1, word, step) \
	VPXOR c0, d0, Y8 \
	VPXOR c1, d1, Y9 \
	VPAND b0, Y8, Y8 \
	VPAND b1, Y9, Y9 \
	VPXOR d0, Y8, Y8 \
	VPXOR d1, Y9, Y9 \
	END(a0, b0, a1, b1, left)

// G is (b & d) + (c & ^d), of which no bit is in both.
#define STEPG(a0, b0, c0, d0, a1, b1, c1, d1, word, left, step) \
	BEGIN(a0, a1, word, step) \
	VPANDN c0, d0, Y8 \
	VPANDN c1, d1, Y9 \
	VPADDD Y8, a0, a0 \
	VPADDD Y9, a1, a1 \
	VPAND b0, d0, Y8 \
	VPAND b1, d1, Y9 \
	END(a0, b0, a1, b1, left)

// H is b ^ c ^ d.
#define STEPH(a0, b0, c0, d0, a1, b1, c1, d1, word, left, step) \
	BEGIN(a0, a1, word, step) \
	VPXOR c0, d0, Y8 \
	VPXOR c1, d1, Y9 \
	VPXOR b0, Y8, Y8 \
	VPXOR b1, Y9, Y9 \
	END(a0, b0, a1, b1, left)

// I is c ^ (b | ^d); Y15 is all ones.
#define STEPI(a0, b0, c0, d0, a1, b1, c1, d1, word, left, step) \
	BEGIN(a0, a1, word, step) \
	VPXOR Y15, d0, Y8 \
	VPXOR Y15, d1, Y9 \
	VPOR b0, Y8, Y8 \
	VPOR b1, Y9, Y9 \
	VPXOR c0, Y8, Y8 \
	VPXOR c1, Y9, Y9 \
	END(a0, b0, a1, b1, left)

// TURN makes of eight rows, which R8 to R15 point to at octet from, eight columns at words: each word of all of the rows.
#define TURN(from, words) \
	VMOVDQU from(R8), Y0 \
	VMOVDQU from(R9), Y1 \
	VMOVDQU from(R10), Y2 \
	VMOVDQU from(R11), Y3 \
	VMOVDQU from(R12), Y4 \
	VMOVDQU from(R13), Y5 \
	VMOVDQU from(R14), Y6 \
	VMOVDQU from(R15), Y7 \
	VPUNPCKLDQ Y1, Y0, Y8 \
	VPUNPCKHDQ Y1, Y0, Y9 \
	VPUNPCKLDQ Y3, Y2, Y10 \
	VPUNPCKHDQ Y3, Y2, Y11 \
	VPUNPCKLDQ Y5, Y4, Y12 \
	VPUNPCKHDQ Y5, Y4, Y13 \
	VPUNPCKLDQ Y7, Y6, Y14 \
	VPUNPCKHDQ Y7, Y6, Y15 \
	VPUNPCKLQDQ Y10, Y8, Y0 \
	VPUNPCKHQDQ Y10, Y8, Y1 \
	VPUNPCKLQDQ Y11, Y9, Y2 \
	VPUNPCKHQDQ Y11, Y9, Y3 \
	VPUNPCKLQDQ Y14, Y12, Y4 \
	VPUNPCKHQDQ Y14, Y12, Y5 \
	VPUNPCKLQDQ Y15, Y13, Y6 \
	VPUNPCKHQDQ Y15, Y13, Y7 \
	VPERM2I128 $0x20, Y4, Y0, Y8 \
	VPERM2I128 $0x20, Y5, Y1, Y9 \
	VPERM2I128 $0x20, Y6, Y2, Y10 \
	VPERM2I128 $0x20, Y7, Y3, Y11 \
	VPERM2I128 $0x31, Y4, Y0, Y12 \
	VPERM2I128 $0x31, Y5, Y1, Y13 \
	VPERM2I128 $0x31, Y6, Y2, Y14 \
	VPERM2I128 $0x31, Y7, Y3, Y15 \
	VMOVDQU Y8, (words+0)(SI) \
	VMOVDQU Y9, (words+64)(SI) \
	VMOVDQU Y10, (words+128)(SI) \
	VMOVDQU Y11, (words+192)(SI) \
	VMOVDQU Y12, (words+256)(SI) \
	VMOVDQU Y13, (words+320)(SI) \
	VMOVDQU Y14, (words+384)(SI) \
	VMOVDQU Y15, (words+448)(SI)

// ROWS has R8 to R15 point to the blocks of eight lanes, from the first on.
#define ROWS(first) \
	MOVQ ((first+0)*8)(BX), R8 \
	MOVQ ((first+1)*8)(BX), R9 \
	MOVQ ((first+2)*8)(BX), R10 \
	MOVQ ((first+3)*8)(BX), R11 \
	MOVQ ((first+4)*8)(BX), R12 \
	MOVQ ((first+5)*8)(BX), R13 \
	MOVQ ((first+6)*8)(BX), R14 \
	MOVQ ((first+7)*8)(BX), R15

// func block(state *[4][Lanes]uint32, words *[16][Lanes]uint32, blocks *[Lanes]*byte)
TEXT ·block(SB), NOSPLIT, $0-24
	MOVQ state+0(FP), DI
	MOVQ words+8(FP), SI
	MOVQ blocks+16(FP), BX
	ROWS(0)
	TURN(0, 0)
	TURN(32, 512)
	ROWS(8)
	TURN(0, 32)
	TURN(32, 544)
	LEAQ table<>(SB), DX
	VPCMPEQD Y15, Y15, Y15
	VMOVDQU (DI), Y0
	VMOVDQU 64(DI), Y1
	VMOVDQU 128(DI), Y2
	VMOVDQU 192(DI), Y3
	VMOVDQU 32(DI), Y4
	VMOVDQU 96(DI), Y5
	VMOVDQU 160(DI), Y6
	VMOVDQU 224(DI), Y7

	STEPF(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 0, 7, 0)
	STEPF(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 1, 12, 1)
	STEPF(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 2, 17, 2)
	STEPF(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 3, 22, 3)
	STEPF(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 4, 7, 4)
	STEPF(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 5, 12, 5)
	STEPF(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 6, 17, 6)
	STEPF(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 7, 22, 7)
	STEPF(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 8, 7, 8)
	STEPF(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 9, 12, 9)
	STEPF(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 10, 17, 10)
	STEPF(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 11, 22, 11)
	STEPF(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 12, 7, 12)
	STEPF(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 13, 12, 13)
	STEPF(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 14, 17, 14)
	STEPF(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 15, 22, 15)

	STEPG(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 1, 5, 16)
	STEPG(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 6, 9, 17)
	STEPG(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 11, 14, 18)
	STEPG(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 0, 20, 19)
	STEPG(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 5, 5, 20)
	STEPG(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 10, 9, 21)
	STEPG(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 15, 14, 22)
	STEPG(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 4, 20, 23)
	STEPG(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 9, 5, 24)
	STEPG(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 14, 9, 25)
	STEPG(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 3, 14, 26)
	STEPG(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 8, 20, 27)
	STEPG(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 13, 5, 28)
	STEPG(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 2, 9, 29)
	STEPG(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 7, 14, 30)
	STEPG(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 12, 20, 31)

	STEPH(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 5, 4, 32)
	STEPH(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 8, 11, 33)
	STEPH(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 11, 16, 34)
	STEPH(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 14, 23, 35)
	STEPH(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 1, 4, 36)
	STEPH(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 4, 11, 37)
	STEPH(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 7, 16, 38)
	STEPH(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 10, 23, 39)
	STEPH(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 13, 4, 40)
	STEPH(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 0, 11, 41)
	STEPH(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 3, 16, 42)
	STEPH(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 6, 23, 43)
	STEPH(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 9, 4, 44)
	STEPH(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 12, 11, 45)
	STEPH(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 15, 16, 46)
	STEPH(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 2, 23, 47)

	STEPI(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 0, 6, 48)
	STEPI(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 7, 10, 49)
	STEPI(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 14, 15, 50)
	STEPI(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 5, 21, 51)
	STEPI(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 12, 6, 52)
	STEPI(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 3, 10, 53)
	STEPI(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 10, 15, 54)
	STEPI(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 1, 21, 55)
	STEPI(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 8, 6, 56)
	STEPI(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 15, 10, 57)
	STEPI(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 6, 15, 58)
	STEPI(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 13, 21, 59)
	STEPI(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 4, 6, 60)
	STEPI(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 11, 10, 61)
	STEPI(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 2, 15, 62)
	STEPI(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 9, 21, 63)

	VPADDD (DI), Y0, Y0
	VPADDD 64(DI), Y1, Y1
	VPADDD 128(DI), Y2, Y2
	VPADDD 192(DI), Y3, Y3
	VPADDD 32(DI), Y4, Y4
	VPADDD 96(DI), Y5, Y5
	VPADDD 160(DI), Y6, Y6
	VPADDD 224(DI), Y7, Y7
	VMOVDQU Y0, (DI)
	VMOVDQU Y1, 64(DI)
	VMOVDQU Y2, 128(DI)
	VMOVDQU Y3, 192(DI)
	VMOVDQU Y4, 32(DI)
	VMOVDQU Y5, 96(DI)
	VMOVDQU Y6, 160(DI)
	VMOVDQU Y7, 224(DI)
	VZEROUPPER
	RET

// func hasAVX2() bool
TEXT ·hasAVX2(SB), NOSPLIT, $0-1
	MOVB $0, ret+0(FP)
	XORL AX, AX
	CPUID
	CMPL AX, $7
	JLT no
	MOVL $1, AX
	XORL CX, CX
	CPUID
	ANDL $(1<<27|1<<28), CX // OSXSAVE and AVX
	CMPL CX, $(1<<27|1<<28)
	JNE no
	XORL CX, CX
	XGETBV
	ANDL $6, AX // the system keeps the registers of SSE and AVX
	CMPL AX, $6
	JNE no
	MOVL $7, AX
	XORL CX, CX
	CPUID
	ANDL $(1<<5), BX // AVX2
	JZ no
	MOVB $1, ret+0(FP)
no:
	RET
