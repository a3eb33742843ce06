! Eight alike experts, softmax of beta (z + b), with the integral controller, as one and seven: U = z, b of the one, z, b of
! each of the seven; PAR(1..5) = feedback, decay, beta, gain, leak, for AUTO-07p: from the state of equal loads at feedback 12.
SUBROUTINE FUNC(NDIM,U,ICP,PAR,IJAC,F,DFDU,DFDP)
  IMPLICIT NONE
  INTEGER, INTENT(IN) :: NDIM, IJAC, ICP(*)
  DOUBLE PRECISION, INTENT(IN) :: U(NDIM), PAR(*)
  DOUBLE PRECISION, INTENT(OUT) :: F(NDIM)
  DOUBLE PRECISION, INTENT(INOUT) :: DFDU(NDIM,NDIM), DFDP(NDIM,*)
  DOUBLE PRECISION :: odds, one, other, level
  odds=EXP(PAR(3)*(U(3)+U(4)-U(1)-U(2)))
  one=1d0/(1d0+7d0*odds)
  other=odds*one
  level=PAR(2)*(U(2)+7d0*U(4))/8d0
  F(1)=PAR(1)*one-PAR(2)*U(1)
  F(2)=-PAR(4)*(one-0.125d0)-PAR(5)*U(2)-level
  F(3)=PAR(1)*other-PAR(2)*U(3)
  F(4)=-PAR(4)*(other-0.125d0)-PAR(5)*U(4)-level
END SUBROUTINE FUNC
SUBROUTINE STPNT(NDIM,U,PAR,T)
  IMPLICIT NONE
  INTEGER, INTENT(IN) :: NDIM
  DOUBLE PRECISION, INTENT(INOUT) :: U(NDIM),PAR(*)
  DOUBLE PRECISION, INTENT(IN) :: T
  PAR(1:5)=(/8d0,1d0,1d0,0.5d0,0.1d0/)
  U=(/PAR(1)/8d0,0d0,PAR(1)/8d0,0d0/)
END SUBROUTINE STPNT
