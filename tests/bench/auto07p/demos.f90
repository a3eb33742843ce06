! The systems of AUTO-07p's demos, written anew from its manual, for AUTO-07p; the variable AUTO_DEMO names the one that is
! meant. ../auto_systems.hpp has the same. PAR(1) varies, but PAR(2) of hen and PAR(4) of plp.
MODULE demo
  IMPLICIT NONE
CONTAINS
  FUNCTION chosen()
    CHARACTER(8), SAVE :: name = ''
    CHARACTER(8) :: chosen
    IF (name == '') CALL GET_ENVIRONMENT_VARIABLE('AUTO_DEMO', name)
    chosen = name
  END FUNCTION chosen
END MODULE demo

SUBROUTINE FUNC(NDIM,U,ICP,PAR,IJAC,F,DFDU,DFDP)
  USE demo
  IMPLICIT NONE
  INTEGER, INTENT(IN) :: NDIM, IJAC, ICP(*)
  DOUBLE PRECISION, INTENT(IN) :: U(NDIM), PAR(*)
  DOUBLE PRECISION, INTENT(OUT) :: F(NDIM)
  DOUBLE PRECISION, INTENT(INOUT) :: DFDU(NDIM,NDIM), DFDP(NDIM,*)
  DOUBLE PRECISION, PARAMETER :: pi = 3.14159265358979323846d0
  DOUBLE PRECISION :: g, e
  SELECT CASE (chosen())
  CASE ('ab')
     g = PAR(1)*(1-U(1))*EXP(U(2))
     F = (/ -U(1)+g, -U(2)+PAR(2)*g-PAR(3)*U(2) /)
  CASE ('abc')
     e = EXP(U(3))
     F = (/ -U(1)+PAR(1)*(1-U(1))*e, -U(2)+PAR(1)*e*(1-U(1)-PAR(5)*U(2)), &
          -U(3)-PAR(3)*U(3)+PAR(1)*PAR(4)*e*(1-U(1)+PAR(2)*PAR(5)*U(2)) /)
  CASE ('enz')
     F = (/ PAR(1)-U(1)+(U(2)-U(1))-PAR(3)*U(1)/(1+U(1)+PAR(4)*U(1)**2), &
          PAR(1)+PAR(2)-U(2)+(U(1)-U(2))-PAR(3)*U(2)/(1+U(2)+PAR(4)*U(2)**2) /)
  CASE ('fhn')
     F = (/ PAR(3)*(U(1)-U(1)**3/3+U(2)), -(U(1)-PAR(1)+PAR(2)*U(2))/PAR(3) /)
  CASE ('lrz')
     F = (/ PAR(3)*(U(2)-U(1)), PAR(1)*U(1)-U(2)-U(1)*U(3), U(1)*U(2)-PAR(2)*U(3) /)
  CASE ('tor')
     g = PAR(6)*(U(2)-U(1))**3
     F = (/ (-(PAR(2)+PAR(1))*U(1)+PAR(2)*U(2)-PAR(5)*U(1)**3+g)/PAR(4), &
          PAR(2)*U(1)-(PAR(2)+PAR(3))*U(2)-U(3)-g, U(2) /)
  CASE ('plp')
     g = PAR(4)*U(1)*U(2)/(1+U(1)+PAR(5)*U(1)**2)
     F = (/ PAR(1)-U(1)-g, PAR(3)*(PAR(2)-U(2))-g /)
  CASE ('pp2')
     F = (/ PAR(2)*U(1)*(1-U(1))-U(1)*U(2)-PAR(1)*(1-EXP(-PAR(3)*U(1))), -U(2)+PAR(4)*U(1)*U(2) /)
  CASE ('pp3')
     F = (/ U(1)*(1-U(1))-PAR(4)*U(1)*U(2), &
          -PAR(2)*U(2)+PAR(4)*U(1)*U(2)-PAR(5)*U(2)*U(3)-PAR(1)*(1-EXP(-PAR(6)*U(2))), &
          -PAR(3)*U(3)+PAR(5)*U(2)*U(3) /)
  CASE ('chu')
     g = PAR(5)*U(1)+0.5d0*(PAR(4)-PAR(5))*(bent(U(1)+1)-bent(U(1)-1))
     F = (/ PAR(1)*(U(2)-g), U(1)-U(2)+U(3), -PAR(2)*U(2) /)
  CASE ('lcbp')
     e = U(1)**2+U(2)**2
     g = e-(PAR(1)+PAR(2))*SQRT(e)+PAR(1)*PAR(2)+PAR(3)
     F = (/ -U(1)*g-2*pi*U(2), -U(2)*g+2*pi*U(1) /)
  CASE ('pen')
     F = (/ U(3), U(4), -PAR(3)*U(3)-SIN(U(1))+PAR(1)+PAR(2)*(U(2)-U(1)), &
          -PAR(3)*U(4)-SIN(U(2))+PAR(1)+PAR(2)*(U(1)-U(2)) /)
  CASE ('hen')
     F = (/ U(2), PAR(1)-PAR(2)*U(1)-U(2)**2 /)
  CASE ('log')
     F(1) = PAR(1)*U(1)*(1-U(1))
  CASE ('dd2')
     F = (/ PAR(1)*U(1)*(1-U(1))-PAR(2)*U(1)*U(2), (1-PAR(3))*U(2)+PAR(2)*U(1)*U(2) /)
  END SELECT
CONTAINS
  FUNCTION bent(x)
    DOUBLE PRECISION, INTENT(IN) :: x
    DOUBLE PRECISION :: bent
    bent = 2*x*ATAN(PAR(3)*x)/pi
  END FUNCTION bent
END SUBROUTINE FUNC

SUBROUTINE STPNT(NDIM,U,PAR,T)
  USE demo
  IMPLICIT NONE
  INTEGER, INTENT(IN) :: NDIM
  DOUBLE PRECISION, INTENT(INOUT) :: U(NDIM),PAR(*)
  DOUBLE PRECISION, INTENT(IN) :: T
  DOUBLE PRECISION, PARAMETER :: pi = 3.14159265358979323846d0
  U = 0d0
  SELECT CASE (chosen())
  CASE ('ab')
     PAR(1:3) = (/ 0d0, 14d0, 3d0 /)
  CASE ('abc')
     PAR(1:5) = (/ 0d0, 1d0, 1.55d0, 8d0, 0.04d0 /)
  CASE ('enz')
     PAR(1:4) = (/ 0d0, 0d0, 100d0, 1d0 /)
  CASE ('fhn')
     PAR(1:3) = (/ 0d0, 0.8d0, 3d0 /)
  CASE ('lrz')
     PAR(1:3) = (/ 0d0, 8/3d0, 10d0 /)
  CASE ('tor')
     PAR(1:6) = (/ -0.9d0, 0.5d0, -0.6d0, 0.6d0, 0.328578d0, 0.933578d0 /)
  CASE ('plp')
     PAR(1:5) = (/ 110d0, 500d0, 0.2d0, 2.021628d0, 0.1d0 /)
     U = (/ 45.55974d0, 177.7987d0 /)
  CASE ('pp2')
     PAR(1:4) = (/ 0d0, 3d0, 5d0, 3d0 /)
  CASE ('pp3')
     PAR(1:6) = (/ 0d0, 0.25d0, 0.5d0, 4d0, 3d0, 5d0 /)
     U(1) = 1
  CASE ('chu')
     PAR(1:5) = (/ -1d0, 14.3d0, 10d0, -1/7d0, 2/7d0 /)
  CASE ('lcbp')
     PAR(1:3) = (/ 1d0, 2d0, 0d0 /)
     PAR(11) = 1
     U = (/ COS(2*pi*T), SIN(2*pi*T) /)
  CASE ('pen')
     PAR(1:3) = (/ 0.4d0, 0.175d0, 0.1d0 /)
     PAR(11) = 1.574d0
     U(1:2) = 2*pi*T + 0.0626d0*SIN(2*pi*T)
     U(3:4) = 3.99d0 + 0.25d0*COS(2*pi*T)
  CASE ('hen')
     PAR(1:2) = (/ 2d0, 0d0 /)
     U = 1
  CASE ('log')
     PAR(1) = 0
  CASE ('dd2')
     PAR(1:3) = (/ 0d0, 0.2d0, 0.1d0 /)
  END SELECT
END SUBROUTINE STPNT
