! N experts: s_e' = -decay s_e + feedback p_e + bias_e with p = softmax(beta s), for AUTO-07p.
! U(e) = s_e, NDIM of them; PAR(1..4) = feedback, bias of expert 1 (the others have none), decay,
! beta. It starts from the state in which expert 1 has won, at feedback = 2 NDIM.
SUBROUTINE FUNC(NDIM,U,ICP,PAR,IJAC,F,DFDU,DFDP)
  IMPLICIT NONE
  INTEGER, INTENT(IN) :: NDIM, IJAC, ICP(*)
  DOUBLE PRECISION, INTENT(IN) :: U(NDIM), PAR(*)
  DOUBLE PRECISION, INTENT(OUT) :: F(NDIM)
  DOUBLE PRECISION, INTENT(INOUT) :: DFDU(NDIM,NDIM), DFDP(NDIM,*)
  DOUBLE PRECISION :: p(NDIM), kb, us
  INTEGER :: i,j
  p = EXP(PAR(4)*(U-MAXVAL(U)))
  p = p/SUM(p)
  F = -PAR(3)*U + PAR(1)*p
  F(1) = F(1) + PAR(2)
  IF (IJAC==0) RETURN
  kb = PAR(1)*PAR(4)
  DO j=1,NDIM
     DO i=1,NDIM
        DFDU(i,j) = -kb*p(i)*p(j)
     END DO
     DFDU(j,j) = DFDU(j,j) + kb*p(j) - PAR(3)
  END DO
  IF (IJAC==1) RETURN
  us = SUM(p*U)
  DFDP(:,1) = p
  DFDP(:,2) = 0d0
  DFDP(1,2) = 1d0
  DFDP(:,3) = -U
  DFDP(:,4) = PAR(1)*p*(U-us)
END SUBROUTINE FUNC

SUBROUTINE STPNT(NDIM,U,PAR,T)
  IMPLICIT NONE
  INTEGER, INTENT(IN) :: NDIM
  DOUBLE PRECISION, INTENT(INOUT) :: U(NDIM),PAR(*)
  DOUBLE PRECISION, INTENT(IN) :: T
  INTEGER :: k
  DOUBLE PRECISION :: p(NDIM)
  PAR(1:4) = (/ 2d0*NDIM, 0d0, 1d0, 1d0 /)
  U = 0d0
  U(1) = PAR(1)
  DO k=1,500
     p = EXP(PAR(4)*(U-MAXVAL(U)))
     U = PAR(1)*p/SUM(p)/PAR(3)
  END DO
END SUBROUTINE STPNT

