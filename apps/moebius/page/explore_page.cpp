// SPDX-License-Identifier: MIT
// The page as bytes of the program: a compiler takes minutes for as long a literal.
#include "explore_page.hpp"

asm(".section .rodata\n"
    ".global moebius_page_begin, moebius_page_end\n"
    "moebius_page_begin:\n"
    ".incbin \"" MOEBIUS_PAGE
    "\"\n"
    "moebius_page_end:\n"
    ".text\n");

extern "C" const char moebius_page_begin[], moebius_page_end[];

namespace moebius::cli {

std::string_view explore_page() {
    return {moebius_page_begin, static_cast<std::size_t>(moebius_page_end - moebius_page_begin)};
}

}  // namespace moebius::cli
