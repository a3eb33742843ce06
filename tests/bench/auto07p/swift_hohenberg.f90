! Swift-Hohenberg by differences, u = 0 beyond the ends: u_t = l u + nu u^2 - u^3 - (1 + d^2)^2 u on
! NDIM points within a length of 12 pi, for AUTO-07p. PAR(1, 2) = l, nu; from u = 0 at l = -.3. AUTO
! differentiates it, as moebius does.
SUBROUTINE FUNC(NDIM,U,ICP,PAR,IJAC,F,DFDU,DFDP)
  IMPLICIT NONE
  INTEGER, INTENT(IN) :: NDIM, IJAC, ICP(*)
  DOUBLE PRECISION, INTENT(IN) :: U(NDIM), PAR(*)
  DOUBLE PRECISION, INTENT(OUT) :: F(NDIM)
  DOUBLE PRECISION, INTENT(INOUT) :: DFDU(NDIM,NDIM), DFDP(NDIM,*)
  DOUBLE PRECISION :: once(NDIM), twice(NDIM)
  CALL one_plus_second(NDIM,U,once)
  CALL one_plus_second(NDIM,once,twice)
  F = PAR(1)*U + PAR(2)*U**2 - U**3 - twice
END SUBROUTINE FUNC

SUBROUTINE one_plus_second(n,a,b)
  IMPLICIT NONE
  INTEGER, INTENT(IN) :: n
  DOUBLE PRECISION, INTENT(IN) :: a(n)
  DOUBLE PRECISION, INTENT(OUT) :: b(n)
  DOUBLE PRECISION :: h
  h = 12*ACOS(-1d0)/(n+1)
  b = a - 2*a/h**2
  b(2:n) = b(2:n) + a(1:n-1)/h**2
  b(1:n-1) = b(1:n-1) + a(2:n)/h**2
END SUBROUTINE one_plus_second

SUBROUTINE STPNT(NDIM,U,PAR,T)
  IMPLICIT NONE
  INTEGER, INTENT(IN) :: NDIM
  DOUBLE PRECISION, INTENT(INOUT) :: U(NDIM),PAR(*)
  DOUBLE PRECISION, INTENT(IN) :: T
  U = 0d0
  PAR(1:2) = (/ -0.3d0, 1.3d0 /)
END SUBROUTINE STPNT

