// SPDX-License-Identifier: MIT
#pragma once

/// What is right, and must not be named: docs/theory.md section 1, docs/theory.md sections 2.1 to
/// 2.2, docs/theory.md
/// sections 1, 2 and 3.10; section 99 of no page; README.md;
/// https://example.org/gone.md.
/// @throws nothing  for base/gone.hpp, which no source names
/// @source a book, section 42, and its page https://example.org/chapter/gone.hpp; OWNER/REPOSITORY;
///         include/moebius/base/faults.hpp
struct right {};

/// A page without its folder: theory.md, section 1.
struct bare {};

/// A page that is not there: docs/routers.md section 1.
struct no_page {};

/// Right at first, docs/theory.md section 1, then wrong: docs/theory.md section 9.
struct no_section {};

/// After a comma, docs/theory.md, section 4, or in brackets, docs/theory.md (section 5).
struct marked {};

/// Headings that only begin alike: docs/theory.md section 3.1.
struct no_subsection {};

/// The last of a list: docs/theory.md sections 1, 2 and 8. The end of a range: docs/theory.md
/// sections 2.1 to 2.7.
struct no_section_of_many {};

/// On the next line: docs/theory.md
/// section 7.
struct wrapped {};

/// Without the word: docs/theory.md 2. Without a number: docs/theory.md section two.
struct unsaid {};

/// @source base/faults.hpp
struct relative {};

/// @source a book, section 1; its second line has
///         tests/unit/gone.py
/// @throws nothing
struct second_line {};
