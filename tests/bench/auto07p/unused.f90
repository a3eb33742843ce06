! What AUTO-07p links with, and none of these problems has: boundary and integral conditions, an objective and
! quantities of one's own. Linked with each.
SUBROUTINE BCND
END SUBROUTINE BCND
SUBROUTINE ICND
END SUBROUTINE ICND
SUBROUTINE FOPT
END SUBROUTINE FOPT
SUBROUTINE PVLS
END SUBROUTINE PVLS
