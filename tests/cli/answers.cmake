set(number "[-+.0-9e]+")

cli_case(version ARGS --version OUT "^moebius ${PROJECT_VERSION}\n$" ERR none)
cli_case(help ARGS --help OUT "Examples:.*moebius diagram.*Exit codes: 0 found, 2 rejected" ERR none)
foreach(name diagram locus exact check sweep simulate validate compare plot models routers doctor bench diagnose follow)
  cli_case(help_${name} ARGS ${name} --help OUT "Example: moebius ${name}" ERR none)
endforeach()

cli_case(models ARGS models OUT "two-expert\n  x' = .*feedback +κ.*token-response" ERR none)
cli_case(models_json ARGS models --format json OUT "\"schema\": \"moebius.models/1\"" ERR none)
cli_case(routers ARGS routers OUT "top-1\n.*probmoe-dynamic-k\n.*k_max.*none, gumbel, logistic, gaussian" ERR none)
cli_case(routers_json ARGS routers --format json OUT "\"schema\": \"moebius.routers/2\".*\"default\": \"0.001\"" ERR none)

# Eight experts of which each token gets two lose balance at 8 x 7/6.
cli_case(diagram_router
  ARGS diagram --router probmoe-exact-k,k=2 --experts 8 --vary feedback=1:12 --out -
  OUT "\"router\": \"probmoe-exact-k\".*\"router_set\":.*\"feedback\":9\\.33333333333"
  ERR none)
# A router on real tokens: the threshold of softmax over 1 - q is near 1.37 here.
cli_case(locus_router
  ARGS locus --router selective-sinkhorn,frequency=0.3,noise_scale=0 --out -
       --tokens ${PROJECT_SOURCE_DIR}/data/digits.csv --set beta=4 --vary feedback=0.3:3 --vary bias_1=-1:1
  OUT "\"type\": \"CP\"" ERR none)
cli_case(simulate_router
  ARGS simulate --router top-k --experts 4 --set feedback=1 --steps 200 --batch 64 --out -
  OUT "\"router\": \"top-k\".*\"records\"" ERR none)
cli_case(compare
  ARGS compare --router top-1 --router soft-moe --seeds 3 --average 60 --ramp 60 --format csv
  OUT "^router,threshold,threshold_error,threshold_measured.*\n1,(2|1\\.99999999999|2\\.00000000000)")
cli_case(validate_router
  ARGS validate --router soft-moe --tokens ${PROJECT_SOURCE_DIR}/data/digits.csv --set beta=4 --seeds 2 --average 20 --ramp 20 --out -
  OUT "\"schema\": \"moebius.compare/1\".*\"router\": \"soft-moe\"")
# Two experts at 2.3 collapse without a controller; with gain 0.5 they balance up to 2.5 (docs/theory.md section 5).
cli_case(simulate_controlled
  ARGS simulate --set feedback=2.3 --step 0.05 --start 1,0 --controller integral,gain=0.5 --batch 4096 --device cpu --out -
  OUT "\"controller\": *\"integral,gain=0.5,leak=0\".*\"control_2\": .*\"gap_mean\": .(-0\\.00|0\\.00|-[0-9.]+e-|[0-9.]+e-)"
  ERR none)
cli_case(simulate_loss_free
  ARGS simulate --experts 4 --controller loss-free --steps 50 --burn-in 0 --router top-k --device cpu --out -
  OUT "\"controller\": *\"sign,gain=0.001\".*\"control_4\": "
  ERR none)
# The words of a controller are the model's parameters, as --set has them.
cli_case(sweep_controlled
  ARGS sweep --controller integral,gain=0.5,leak=0.25 --vary feedback=1:1.2 --rate 0.1 --out -
  OUT "\"gain\":0\\.5,\"leak\":0\\.25.*\"controller\": \"integral\""
  ERR none)
# K_s = 2.745643576732725 and N = 3 (docs/theory.md section 3)
# Every stable branch of the diagram is met, and from random starts none that it lacks.
cli_case(validate_tokens
  ARGS validate --tokens ${PROJECT_SOURCE_DIR}/data/digits.csv --gate class-means:0,1,2 --set beta=2 --levels 3
       --seeds 3 --settle 40 --average 40 --starts 12 --out -
  OUT "\"schema\": \"moebius.validate-tokens/1\".*\"verdict\": \"theory and measurement agree: 3 of 3 stable parts of branches met from their own starts; of 36 random starts 0 came")
cli_case(validate_experts
  ARGS validate --experts 3 --seeds 4 --levels 7 --ramp 100 --settle 30 --average 30 --members 32 --out -
  OUT "\"schema\": \"moebius.validate-experts/1\".*\"verdict\": \"theory and measurement agree.*\"fold\":2\\.7456435767.*\"balance\":3\\.0"
  ERR none)
cli_case(validate_too_short
  ARGS validate --experts 3 --seeds 2 --levels 5 --ramp 20 --settle 1 --average 5 --members 4 CODE 3
  OUT "\nnothing is judged: theory can say how loads scatter at [0-9]+ of [0-9]+ steady states only. of [0-9]+ it says: settle must be [0-9]+ or more\n$"
  ERR none)
# docs/theory.md section 7: equal loads of two experts are lost at 2 + gain (1 - step)
cli_case(validate_controlled
  ARGS validate --controller integral,gain=0.5 --step 0.1 --batch 1024 --seeds 3 --levels 2 --settle 100 --average 200 --out -
  OUT "\"schema\": \"moebius.validate-oscillation/1\".*\"controller\": *\"integral,gain=0.5,leak=0\".*\"hopf\":2\\.(5|4999999|5000000).*\"predicted\":2\\.(45|44999999|45000000).*\"swings\""
  ERR none)
cli_case(doctor ARGS doctor OUT "^moebius +${PROJECT_VERSION}\n.*cuda +[^\n]+\n" ERR none)

# The demand: BP at 2 +- 1e-12 (12 zeros or nines), supercritical, -kappa beta^3 / 24 = -1/12.
cli_case(diagram
  ARGS diagram --model two-expert --set beta=1 --set decay=1 --vary feedback=0.5:20 --out -
  OUT "\"label\": \"BP1\".*\"feedback\":(2\\.0|2\\.000000000000|1\\.999999999999)[^}]*\"decay\":1\\.0.*\"cubic\":-0\\.08333333333.*\"criticality\": \"supercritical\""
  ERR none)
cli_case(diagram_top_level
  ARGS diagram --vary feedback=0.5:20 --out -
  OUT "^{\n  \"schema\": \"moebius.diagram/1\",\n  \"version\": \"[^\n]*\n  \"command\": \"moebius diagram --vary feedback=0.5:20 --out -\",\n  \"model\": \"two-expert\",\n  \"parameters\": [^\n]*\n  \"options\": .*\n  \"branches\": .*\n  \"special_points\": ")
cli_case(diagram_csv
  ARGS diagram --vary feedback=0.5:20 --format csv
  OUT "^branch,kind,label,feedback,x,load_1,load_2,.*\n[0-9]+,equilibrium,BP1,2,")
cli_case(locus
  ARGS locus --vary feedback=1.5:20 --vary bias=-9:9 --out -
  OUT "\"schema\": \"moebius.locus/1\".*\"label\": \"CP1\".*\"feedback\":(2\\.0|2\\.0000000000|1\\.9999999999)"
  ERR none)
# Each point with what it was proven to within; ends at rest are exact.
cli_case(diagram_certify
  ARGS diagram --vary feedback=0.5:20 --certify
  OUT "EP1 .*, radius 0\\.0e\\+00\nBP1 .*supercritical, radius [0-9.]+e-1[1-6]\n.*\ncertified 5 of 5 points, largest radius [0-9.]+e-1[1-6]\n$"
  ERR none)
cli_case(locus_certify
  ARGS locus --model softmax --experts 8 --vary feedback=1:12 --vary bias_1=-1:1 --certify --out -
  OUT "\"type\": \"CP\".*\"radius\": [0-9.]+e-1[1-6]" ERR none)
cli_case(exact
  ARGS exact --set feedback=4 --vary feedback=2:20 --out -
  # docs/theory.md section 2: eta_c(2) = 0.532839975354
  OUT "\"pitchfork\": {\"feedback\":2.0,.*\"half_width\": {\"eta\":0\\.53283997535.*\"equilibria\".*\"fold_set\""
  ERR none)
cli_case(sweep
  ARGS sweep --set feedback=4 --vary bias=-3:3 --rate 0.01 --out -
  # Jumps stand beyond the folds at +-2 eta_c(2) = +-1.0657, behind by less than 0.5 at this rate.
  OUT "\"schema\": \"moebius.sweep/1\".*\"direction\": .1,-1.,\n *\"bias\": .1\\.[0-5][0-9]*,-1\\.[0-5]"
  ERR none)
cli_case(sweep_grid
  ARGS sweep --grid --vary feedback=1:6 --vary bias=-2:2 --points 5 --format csv
  OUT "^feedback,bias,stable_states,.*\n6,0,2,"
  ERR none)
cli_case(simulate
  ARGS simulate --set feedback=1 --batch 64 --steps 50 --burn-in 10 --seed 7 --out -
  OUT "\"schema\": \"moebius.simulate/1\".*\"router\": \"top-1\".*\"seed\": 7,.*\"gap_mean\": "
  ERR none)

# What is in it is for tests/unit/io/load_log_file_test.cpp.
cli_case(simulate_log
  ARGS simulate --experts 3 --steps 20 --batch 64 --log ${CMAKE_CURRENT_BINARY_DIR}/loads.npz
  OUT "replica" ERR none)

# Each expert by itself where the state moves or tokens are routed: no group holds it balanced.
cli_case(sweep_experts
  ARGS sweep --model softmax --experts 8 --vary feedback=2:10 --set bias_1=1e-6 --out -
  # docs/theory.md section 3: up soon after K = 8, down soon below the fold at 4.2498
  OUT "\"direction\": .1,-1.,\n *\"feedback\": .8\\.[0-9]*,4\\.(1|20)"
  ERR none)
cli_case(sweep_grid_experts
  ARGS sweep --grid --model softmax --experts 8 --vary feedback=3:9 --vary bias_1=0:1 --points 2 --format csv
  OUT "^feedback,bias_1,stable_states,unsettled,load_gap,.*\n3,0,1,0,[-0-9e.]*,.*\n9,0,2,0,0\\.99"
  ERR none)
cli_case(sweep_basins_slow
  # the scaling: 200 times of the decay, whatever it is
  ARGS sweep --basins --set decay=0.01 --vary feedback=0.01:0.08 --vary bias=-0.004:0.004 --points 3 --format csv
  OUT "^feedback,bias,stable_states,unsettled,.*\n0\\.08,0,2,0,"
  ERR none)
cli_case(simulate_step  # whose mean load has no derivative
  ARGS simulate --tokens normal:32/2 --noise none --steps 50 --burn-in 10 --device cpu --out -
  OUT "\"noise\":\"none\".*\"gap_mean\": " ERR none)
cli_case(simulate_two
  ARGS simulate --experts 2 --batch 64 --steps 50 --burn-in 10 --out - OUT "\"gap_mean\": " ERR none)
cli_case(simulate_experts
  ARGS simulate --experts 3 --set feedback=0 --set bias_2=1 --batch 4096 --steps 50 --burn-in 400 --out -
  # without feedback s_2 = 1: load e / (e + 2) = 0.576
  OUT "\"load_2_mean\": .0\\.57[4-8].*\"load_3_mean\": .0\\.21"
  ERR none)

# Many experts: the multiple branch point at K = N, each number of winners once.
cli_case(diagram_experts
  ARGS diagram --model softmax --experts 5 --vary feedback=1:8 --out -
  OUT "\"experts\": 5,.*\"groups\": \"1 2-5\".*\"copies\": 5.0.*\"label\": \"BP1\".*\"feedback\":(5\\.0|5\\.0000000000|4\\.9999999999)[^}]*.*\"multiplicity\": 4"
  ERR none)
cli_case(diagram_noise
  ARGS diagram --noise gaussian --vary feedback=0.5:6 --out -
  # the gap's slope at 0 is 1/sqrt(pi), so the pitchfork stands at sqrt(pi)
  OUT "\"noise\": ?\"gaussian\".*\"label\": \"BP1\".*\"feedback\":1\\.77245385"
  ERR none)
cli_case(locus_noise
  ARGS locus --noise gaussian --vary feedback=1:6 --vary bias=-2:2 --out -
  OUT "\"type\": \"CP\".*\"feedback\":1\\.77245385"
  ERR none)
cli_case(diagram_controlled
  ARGS diagram --model softmax --experts 8 --controller integral --set gain=0.02 --vary feedback=1:12 --out -
  # docs/theory.md section 5: a Hopf point at N + gain
  OUT "\"label\": \"HB1\".*\"feedback\":8\\.0(2|20000000|19999999)[^}]*.*\"multiplicity\": 7"
  ERR none)
cli_case(diagram_map
  ARGS diagram --step 0.5 --vary feedback=-12:4 --out -
  # 1 + step (feedback/2 - 1) = -1 at -6
  OUT "\"label\": \"PD1\".*\"feedback\":(-6\\.0|-6\\.00000000|-5\\.99999999)"
  ERR none)
cli_case(locus_controlled
  ARGS locus --model softmax --experts 2 --controller integral --set gain=0.3 --vary feedback=1:6 --vary leak=0:2 --out -
  # docs/theory.md section 5: the Hopf and the pitchfork meet, at leak (sqrt(g2 + 4 g) - g)/2 with g = gain beta/2
  OUT "\"kind\": \"branch point\".*\"kind\": \"hopf\".*\"type\": \"BT\".*\"leak\":0\\.31949334"
  ERR none)
# docs/theory.md section 3: one winner is stable from 4.2498 on, far below the branch point at 8.
cli_case(diagram_collapsed
  ARGS diagram --model softmax --experts 8 --vary feedback=1:6
  OUT "2 branches, .*searched [0-9]+ starts, found [0-9]+ states\n.*LP1 +4\\.249799009 +1 . 7 "
  ERR none)
# docs/theory.md section 5: two experts with g = beta/2 = 1/2 lose balance at kappa g = 1 + gain g.
cli_case(diagram_controlled_two
  ARGS diagram --model two-expert --controller integral --set gain=0.5 --vary feedback=1:6 --out -
  OUT "\"controller\": \"integral\".*\"label\": \"HB1\".*\"feedback\":(2\\.5,|2\\.500000000|2\\.499999999)"
  ERR none)

# sqrt(pi), not 2.
cli_case(exact_gaussian
  ARGS exact --noise gaussian --out -
  OUT "\"noise\":\"gaussian\".*\"pitchfork\": .\"feedback\":1\\.77245385090551"
  ERR none)
cli_case(exact_experts
  ARGS exact --model softmax --experts 8 --out -
  # docs/theory.md section 3: the one-winner branch of 8 turns at 4.249799008647894
  OUT "\"threshold_feedback\":8.0.*\"fold_feedback\": .4\\.24979900864789"
  ERR none)

# Records are as far apart as divides the steps, unless it was said.
cli_case(train_few_steps ARGS train --data mixture:3/4 --steps 20 --out - OUT "\"record_every\": 10")

# A controller of loads, and one whose gain is varied.
cli_case(train_controlled
  ARGS train --data mixture:3/4 --steps 200 --set feedback=20 --controller sign --vary gain=0:0.5 --points 2
       --device cpu --out -
  OUT "\"controller\": \"sign\"" ERR none)

# What a sweep does not say in its jumps, it says in words.
cli_case(sweep_stays ARGS sweep --vary feedback=1:4 --rate 0.01 --direction up
  OUT "^0 jumps\n  up    stayed on an unstable state .there is no noise to leave it. from feedback = 2[.0-9]* to 4\n$" ERR "^$")
cli_case(sweep_oscillates
  ARGS sweep --model softmax --experts 3 --controller integral --set gain=1 leak=0.1 --vary feedback=3:6 --rate 0.01
       --x0 1 --direction down
  OUT "^0 jumps\n  down  oscillated from feedback = [.0-9]+ to [.0-9]+\n" ERR "^$")
# 1e9 units of 1/beta are 10, where the state comes at bias 9
cli_case(sweep_leaves ARGS sweep --set beta=1e8 --vary bias=-3:20 --rate 0.1 CODE 3
  OUT "^1 jump\n" ERR "^moebius: sweep: it ended at bias = 9.[0-9]+ on the way up: the state grew beyond 1e.09 times its scale .left_domain.\n$")
cli_case(response_verdict ARGS response --batches 20 --batch 512 --points 12
  OUT "^8 seeds; measurement and closed form agree: chi-square [.0-9]+ of [0-9]+ score differences .p = [.0-9]+.[^\n]*\n$")
# The page is one file, or a sentence says what it takes.
if(MOEBIUS_WEB)
  cli_case(explore_page ARGS explore --out - OUT "^<!DOCTYPE html>\n.*</html>\n$" ERR none)
  cli_case(explore_no_folder ARGS explore --out no_such_folder/page.html CODE 2 OUT "^$" ERR "no_such_folder/page.html")
else()
  cli_case(explore_page ARGS explore CODE 4 OUT "^$" ERR "^moebius: the page .it takes Emscripten: .*MOEBIUS_WEB=ON adds it\n$")
endif()
