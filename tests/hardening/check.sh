# check.sh PROGRAM: a release build of the program has what cmake/hardening.cmake asks for.
program=$1
failed=0
# has WHAT PATTERN READELF-OPTION
has() {
    readelf -W "$3" "$program" | grep -Eq "$2" && return
    echo "$program is not built with $1" >&2
    failed=1
}
has 'a random place in memory (PIE)' 'Type: +DYN' -h
has 'a table of addresses that is read-only (relro)' 'GNU_RELRO' -l
has 'all symbols bound at its start (now)' 'BIND_NOW|FLAGS_1.*NOW' -d
has 'a stack that is no code (noexecstack)' 'GNU_STACK .* RW +0x' -l
has 'a guarded stack (stack-protector-strong)' '__stack_chk_fail' --dyn-syms
has 'checked functions of the C library (_FORTIFY_SOURCE)' '_chk(@|$| )' --dyn-syms
has 'checked indices (_GLIBCXX_ASSERTIONS)' '__glibcxx_assert_fail' --dyn-syms
# The note of it is lost where the C library's own start has none, as Debian's.
case $(uname -m) in
    x86_64)
        if ! objdump -d --disassemble=main "$program" | grep -q endbr64; then
            echo "$program is not built with marked jump targets (cf-protection)" >&2
            failed=1
        fi
        ;;
esac
exit $failed
