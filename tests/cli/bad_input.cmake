# Every row of the issue's bad input: one sentence, exit code 2, nothing on the standard output.
function(rejected name)
  cmake_parse_arguments(arg "" "ERR" "ARGS" ${ARGN})
  cli_case(bad_${name} ARGS ${arg_ARGS} CODE 2 OUT "^$" ERR "^moebius: ${arg_ERR}\n$")
endfunction()
set(vary --vary feedback=0.5:20)
set(missing ${CMAKE_CURRENT_BINARY_DIR}/missing)

rejected(subcommand ARGS digram
  ERR "subcommand: 'digram' came, but a known one is needed. did you mean 'diagram'[^\n]*")
rejected(model ARGS diagram --model two-exprt ${vary}
  ERR "model: 'two-exprt' is unknown, but [^\n]*did you mean 'two-expert'[^\n]*")
rejected(set_name ARGS diagram --set feedbak=1 ${vary}
  ERR "two-expert: 'feedbak' came as a parameter, but [^\n]*did you mean 'feedback'[^\n]*")
rejected(vary_name ARGS diagram --vary biass=0:1
  ERR "two-expert: 'biass' came as a parameter, but [^\n]*did you mean 'bias'[^\n]*")
rejected(noise ARGS simulate --noise gumble ERR "[^\n]*'gumble'[^\n]*did you mean 'gumbel'[^\n]*")
rejected(set_form ARGS diagram --set feedback ${vary}
  ERR "--set: 'feedback' came, but it must be name=value")
rejected(vary_form ARGS diagram --vary feedback=2
  ERR "--vary: 'feedback=2' came, but it must be name=from:to")
rejected(vary_missing ARGS diagram ERR "--vary: it came 0 times, but it is needed once")
rejected(vary_count ARGS locus ${vary} ERR "--vary: it came once, but it is needed twice")
rejected(certify_tokens
  ARGS diagram --model token-softmax --tokens ${PROJECT_SOURCE_DIR}/data/digits.csv --gate class-means:0,1,2 ${vary} --certify
  ERR "--certify: it came for token-softmax, but its right-hand side has no closed form: two-expert, softmax and exact-k have one")
rejected(number ARGS diagram --set beta=one ${vary}
  ERR "--set beta: 'one' came, but it must be a number")
rejected(nan ARGS diagram --set beta=nan ${vary}
  ERR "--set beta: 'nan' came, but it must be a number")
rejected(infinite ARGS diagram --set bias=inf ${vary} ERR "two-expert: bias is inf, but it must be finite")
rejected(range_nan ARGS diagram --vary feedback=nan:2
  ERR "--vary feedback: 'nan' came, but it must be a number")
rejected(range_reversed ARGS diagram --vary feedback=20:0.5 ERR "[^\n]*20[^\n]*, but [^\n]*")
rejected(range_empty ARGS diagram --vary feedback=2:2 ERR "[^\n]*2[^\n]*, but [^\n]*")
rejected(beta ARGS diagram --set beta=0 ${vary} ERR "two-expert: beta is 0, but it must be > 0")
rejected(beta_range ARGS diagram --vary beta=-1:1 ERR "two-expert: beta is -1, but it must be > 0")
rejected(decay ARGS locus --set decay=-1 ${vary} --vary bias=-9:9
  ERR "two-expert: decay is -1, but it must be > 0")
rejected(max_step_short ARGS diagram --max-step 1e-310 ${vary}
  ERR "continuation: --max-step is 1e-310, but it must be at least 1e-08, the shortest step")
rejected(max_step ARGS diagram --max-step -1 ${vary} ERR "continuation: --max-step is -1, but [^\n]*")
rejected(no_tokens ARGS diagram --model token-response ${vary}
  ERR "--model: token-response came without --tokens, but [^\n]*")
rejected(tokens_missing
  ARGS diagram --model token-response --tokens ${missing}/t.csv ${vary}
  ERR "${missing}/t.csv: No such file or directory")
rejected(out_folder ARGS diagram ${vary} --out ${missing}/d.json
  ERR "${missing}/d.json: No such file or directory")
rejected(out_is_folder ARGS diagram ${vary} --out / ERR "/: Is a directory")
rejected(plot_ending ARGS diagram ${vary} --plot d.jpg
  ERR "figure: 'd.jpg' came, but its name must end in .svg, .png or .pdf")
rejected(out_full ARGS diagram ${vary} --out /dev/full ERR "/dev/full: No space left on device")
rejected(plot_file ARGS plot ${missing}/d.json --out d.svg
  ERR "${missing}/d.json: No such file or directory")
rejected(from_form ARGS diagram ${vary} --from d.json ERR "--from: 'd.json' came, but it must be FILE:LABEL")
rejected(same_file ARGS diagram ${vary} --out same.svg --plot ./same.svg
  ERR "--out and --plot: [^\n]*same.svg came twice, but each must be a file of its own")
rejected(unused_tokens ARGS diagram --model two-expert --tokens mixture:0/1 ${vary}
  ERR "--tokens: they came for two-expert, but it takes none[^\n]*token-response does")
rejected(experts_for_two ARGS diagram --experts 4 ${vary}
  ERR "--experts: it came for two-expert, but that model does not take it. see .moebius models.")
rejected(one_expert ARGS diagram --model softmax --experts 1 ${vary} ERR "softmax: --experts is 1, but it must be >= 2")
rejected(top_k ARGS diagram --model exact-k --experts 4 --top-k 4 ${vary} ERR "exact-k: top-k is 4 of 4 experts, but [^\n]*")
rejected(controller_without_gain ARGS simulate --controller integral
  ERR "controller: integral came without a gain, but integral,gain=NUMBER is needed")
rejected(controller_leak ARGS simulate --controller integral,gain=1,leak=-1
  ERR "controller: leak is -1, but it must be >= 0 and finite")
rejected(controller_overshoots ARGS simulate --step 0.5 --controller integral,gain=1,leak=3
  ERR "controller: step x leak is 1.5, but it must be <= 1, or the score overshoots")
rejected(controller_unknown ARGS simulate --controller sing,gain=1
  ERR "controller: 'sing' is unknown, but one of these is needed. did you mean 'sign'[^\n]*")
rejected(controller_leaks_not ARGS simulate --controller loss-free,leak=1
  ERR "controller: leak came for loss-free, but it has its published gain")
rejected(controller_gain_twice ARGS sweep --controller integral,gain=1 --set gain=2 --vary feedback=1:2
  ERR "--set: gain came twice, but once is enough")
rejected(controller_gain_varied ARGS diagram --controller integral,gain=1 --vary gain=0:2
  ERR "--vary: gain is varied, but --set sets it, too")
rejected(controller_of_no_equation ARGS sweep --controller sign,gain=1 ${vary}
  ERR "--controller: sign came, but an equation has the integral law alone. 'moebius simulate' has the signs")
rejected(validate_experts_of_tokens ARGS validate --experts 3 --tokens mixture:0/1
  ERR "--experts: 3 came, but the tokens have 2")
foreach(experts 513 1000000 18446744073709551615)
  rejected(validate_${experts}_experts ARGS validate --experts ${experts}
    ERR "validate: ${experts} experts came, but the scatter of loads is known for up to 512")
endforeach()
rejected(validate_controlled_experts ARGS validate --experts 4294967296 --controller loss-free
  ERR "--experts: 4294967296 came, but a router takes up to 65536")
rejected(validate_experts_router ARGS validate --experts 4 --router top-k
  ERR "--router: top-k came with --experts, but the loads of many experts are known with their scatter for [^\n]*")
rejected(validate_experts_noise ARGS validate --experts 4 --noise gaussian
  ERR "--noise: gaussian came, but the mean load of alike experts is a softmax. gumbel noise")
rejected(validate_experts_bias ARGS validate --experts 4 --set bias_1=1
  ERR "--set: 'bias_1' came, but alike experts have beta and decay")
rejected(validate_experts_device ARGS validate --experts 4 --device cuda
  ERR "--device: 'cuda' came with --experts, but loops of alike experts run on the CPU")
rejected(validate_half_of_the_experts ARGS validate --experts 4 --router probmoe-exact-k,k=2
  ERR "validate: 2 of 4 experts came, but where no collapsed state is stable beside equal loads there is no jump to measure")
rejected(validate_controller_without_gain ARGS validate --controller sign
  ERR "controller: sign came without a gain, but sign,gain=NUMBER is needed")
rejected(validate_controller_ramp ARGS validate --controller loss-free --ramp 3
  ERR "--ramp: it came for validate with --controller, but that does not use it")
rejected(validate_controller_idle ARGS validate --controller integral,gain=0
  ERR "validate: a controller of gain 0 came, but one that does something is needed")
rejected(validate_controller_router ARGS validate --controller loss-free --router top-k
  ERR "--router: top-k came with --controller, but it is measured for top-1")
rejected(start_scores ARGS simulate --model softmax --experts 4 --start 1,2,3
  ERR "--start: 3 scores came, but the 4 experts need one each")
rejected(start_and_lead ARGS simulate --start 1,0 --x0 1
  ERR "--x0: it came for a run with --start, but that does not use it")
cli_case(early_option ARGS --out x.json diagram --vary feedback=1:2 CODE 109 OUT "^$"
  ERR "^moebius: --out: it came before the subcommand, but options follow it\n$")
cli_case(option_twice ARGS simulate --seed 1 --batch 8 --seed 2 CODE 114 OUT "^$"
  ERR "^moebius: --seed: it came 2 times, but once is the most\n$")
cli_case(far_option ARGS diagram --temperature 2 CODE 109 OUT "^$"
  ERR "^moebius: diagram: '--temperature' came, but it is no option; known are --help, [^\n]*\n$")
rejected(unit_overflows ARGS diagram --set beta=1e-310 --vary feedback=1:2
  ERR "two-expert: the scale of its states is inf at feedback = 1, decay = 1, beta = 1e-310, bias = 0, but [^\n]*")
rejected(overflow ARGS compare --router top-1 --set beta=1e300
  ERR "compare: with these values a number left the range of double precision")
rejected(function_name ARGS simulate --batch 0 ERR "simulate: --batch is 0, but it must be 1 to 4294967295")
rejected(simulated_exact_k ARGS simulate --model exact-k
  ERR "--model: exact-k came, but --router probmoe-exact-k,k=K is simulated. its loop has the parameters of softmax")
rejected(simulated_experts ARGS simulate --model two-expert --experts 3
  ERR "--experts: it came for two-expert, but that model does not take it. see .moebius models.")
foreach(kind grid basins)
  rejected(points_${kind} ARGS sweep --${kind} ${vary} --vary bias=-1:1 --points 4294967296
    ERR "sweep: feedback has 4294967296 points, but it takes up to 65536")
endforeach()
rejected(steps_overflow ARGS simulate --steps 18446744073709551615 --batch 4
  ERR "simulate: burn_in is 1000 and --steps is 18446744073709551615, but their sum must fit 64 bits")
rejected(steps_too_many ARGS simulate --steps 1000000000000000 --batch 4 ERR "simulate: [^\n]*")
rejected(step_of_rule ARGS simulate --step 3 ERR "simulate: step x decay is 3, but [^\n]*")
rejected(device_unused ARGS sweep ${vary} --device cuda ERR "--device: cuda came, but only --basins runs on one")
rejected(device ARGS simulate --device CUDA
  ERR "device: 'CUDA' came, but it must be auto, cpu, cuda, cuda:NUMBER or cuda:NUMBER,NUMBER,...")
cli_case(bad_device_missing ARGS simulate --device cuda:99 CODE 4 OUT "^$" ERR "^moebius: [^\n]+\n$")
rejected(map_step ARGS diagram --step 0 ${vary} ERR "map: --step is 0, but it must be > 0 and finite")
rejected(period_of_flow ARGS diagram --period 2 ${vary}
  ERR "--period: 2 came without --step, but it is that of orbits of the discrete rule")
rejected(period_none ARGS diagram --step 1 --period 0 ${vary} ERR "--period: 0 came, but it must be from 1 to 1024")
rejected(mixture ARGS diagram --model token-response --tokens mixture:1 ${vary}
  ERR "--tokens: '1' came in a mixture, but it must be CENTER/WIDTH or CENTER/WIDTH/WEIGHT")

# Counts: -1 must not wrap to the largest one.
function(bad_count command option)
  rejected(negative_${command}${option} ARGS ${command} ${option} -1 ${ARGN}
    ERR "${option}: '-1' came, but it must be a whole number from 0")
endfunction()
bad_count(diagram --max-points ${vary})
bad_count(exact --points ${vary})
foreach(option --samples --points --threads)
  bad_count(sweep ${option} ${vary})
endforeach()
foreach(option --batch --steps --burn-in --replicas --record-every --seed --threads)
  bad_count(simulate ${option})
endforeach()
foreach(option --batch --seeds --levels --seed --threads)
  bad_count(validate ${option})
endforeach()
rejected(count_too_large ARGS simulate --seed 18446744073709551616
  ERR "--seed: '18446744073709551616' came, but it must be a whole number from 0")

function(bad_tokens name content)
  cmake_parse_arguments(arg "" "ERR" "" ${ARGN})
  set(file ${CMAKE_CURRENT_BINARY_DIR}/${name}.csv)
  file(WRITE ${file} "${content}")
  rejected(tokens_${name} ARGS diagram --model token-response --tokens ${file} ${vary}
    ERR "${arg_ERR}")
endfunction()
bad_tokens(ragged "1,2,0\n3,4,1\n5,1\n" ERR "[^\n]*ragged.csv[^\n]*line 3[^\n]*")
bad_tokens(words "1,2,0\n3,four,1\n" ERR "[^\n]*words.csv[^\n]*line 2[^\n]*column 2[^\n]*")
bad_tokens(empty "" ERR "[^\n]*empty.csv[^\n]*")

# What a way of running does not use is refused, not passed over.
rejected(points_of_a_slow_sweep ARGS sweep --set feedback=4 --vary bias=-3:3 --points 5
  ERR "--points: it came for a slow sweep, but that does not use it")
rejected(rate_of_a_grid ARGS sweep --grid --vary feedback=1:6 --vary bias=-2:2 --rate 1
  ERR "--rate: it came for a grid, but that does not use it")
rejected(direction_of_basins ARGS sweep --basins --vary feedback=1:6 --vary bias=-2:2 --direction up
  ERR "--direction: it came for a grid, but that does not use it")
rejected(noise_of_a_model ARGS locus --model softmax --vary feedback=1:6 --vary bias=-2:2 --noise none
  ERR "--noise: it came for a model without --tokens, but that does not use it")
rejected(gate_without_tokens ARGS diagram ${vary} --gate random:1
  ERR "--gate: it came for a run without --tokens, but that does not use it")
rejected(simulated_gate_without_tokens ARGS simulate --labels
  ERR "--labels: it came for a run without --tokens, but that does not use it")
rejected(gate_of_a_mixture ARGS simulate --tokens mixture:0/1 --gate random:1
  ERR "--gate: it came for tokens without features, but that does not use it")
rejected(points_of_nothing_varied ARGS train --data mixture:3/4 --points 3
  ERR "--points: it came for train without --vary, but that does not use it")
rejected(levels_of_a_router ARGS validate --router soft-moe --levels 3
  ERR "--levels: it came for soft-moe, but that does not use it")
rejected(exact_figure ARGS exact --plot x.svg
  ERR "--plot: it came for exact without --vary, but the figure is the fold set: --vary feedback=FROM:TO")
rejected(exact_noise ARGS exact --model softmax --noise gaussian
  ERR "--noise: it came for exact --model softmax, but that does not use it")
rejected(exact_no_noise ARGS exact --noise none
  ERR "--noise: none came, but closed forms are known for gumbel, logistic and gaussian noise")
cli_case(exact_router ARGS exact --router top-1 CODE 109
  ERR "moebius: exact: .--router. came, but it is no option")
rejected(exact_points ARGS exact --points 5
  ERR "--points: it came for exact without --vary, but that does not use it")

# One number that is said twice, and not the same.
rejected(set_twice ARGS diagram ${vary} --set beta=2 beta=3 ERR "--set: beta came twice, but once is enough")
rejected(set_and_varied ARGS diagram --vary feedback=0.5:20 --set feedback=3
  ERR "--vary: feedback is varied, but --set sets it, too")
rejected(trained_set_and_own ARGS train --data mixture:3/4 --router top-1,rate=0.1 --set rate=0.5
  ERR "--set: rate came twice, but once is enough")
rejected(trained_set_and_varied ARGS train --data mixture:3/4 --vary rate=0.1:0.5 --set rate=3
  ERR "--vary: rate is varied, but --set sets it, too")
rejected(trained_experts_twice ARGS train --data mixture:3/4 --set experts=2 --experts 3
  ERR "--experts: it came beside experts in --set, but one of the two says it")
rejected(trained_hidden_twice ARGS train --data mixture:3/4 --router top-1,hidden=4 --hidden 8
  ERR "--hidden: it came beside hidden in top-1,hidden=4, but one of the two says it")
rejected(top_k_beside_router ARGS diagram --router top-1 --experts 4 --top-k 3 ${vary}
  ERR "--top-k: it came beside --router, but what a router takes is its own: --router NAME,k=NUMBER")
foreach(words "simulate" "response" "validate" "compare" "train --data mixture:3/4" "diagram --experts 4 ${vary}")
  string(REPLACE " " ";" words "${words}")
  list(GET words 0 name)
  rejected(noise_of_soft_moe_${name} ARGS ${words} --router soft-moe --noise gaussian
    ERR "--noise: it came for soft-moe, but that does not use it")
endforeach()
rejected(checkpoint_dash ARGS train --data mixture:3/4 --checkpoint - ERR "--checkpoint: - came, but it must name a file to go on from")
rejected(target_unused ARGS train --data mixture:3/4 --target 0.5
  ERR "--target: it came for train without --evaluate-every, but that does not use it")
rejected(history_unused ARGS train --data mixture:3/4 --history ERR "--history: it came for train without --out, but that does not use it")
rejected(log_of_another_format ARGS simulate --steps 20 --log x.npy
  ERR "--log: x.npy came, but a load log is written as .npz, .csv, .tsv or .jsonl, which have a place for its K")
rejected(moments_in_a_table ARGS simulate --steps 20 --log x.csv --moments
  ERR "--moments: --log is x.csv, but a row an expert has no place for them: .npz and .jsonl have")
rejected(log_of_some_steps ARGS simulate --steps 20 --record-every 2 --log x.npz
  ERR "--log: --record-every is 2, but a load log has every step: it must be 1")
rejected(log_of_unlike_choices ARGS simulate --experts 4 --steps 20 --router probmoe-dynamic-k --log x.npz
  ERR "--log: --router probmoe-dynamic-k came, but a load log counts the choices of tokens that choose top_k experts each")
rejected(records_beyond_steps ARGS simulate --steps 20 --record-every 50 ERR "--record-every: 50 came, but --steps is 20")
rejected(result_in_a_figure ARGS diagram ${vary} --out x.svg ERR "--out: x.svg came, but it is for the result, and --plot draws figures")
rejected(format_against_name ARGS diagram ${vary} --format csv --out x.json
  ERR "--format: csv came for x.json, but the name says another one")
cli_case(no_fold_in_range ARGS exact --vary feedback=-5:1 --plot none.svg CODE 3 OUT "fold_set, 0 rows"
  ERR "no finite point to show and was not drawn.*exact: there is no fold at any feedback of the range")
cli_case(nothing_judged ARGS response --seeds 1 --batches 4 --batch 64 --points 12 OUT "nothing was judged: that takes two seeds, more tokens, and loads that vary")

# Words that CLI11 itself rejects.
cli_case(bad_option ARGS diagram --bogus 1 ${vary} CODE 109 OUT "^$" ERR "^moebius: [^\n]*--bogus")
cli_case(bad_nothing CODE 106 OUT "^$" ERR "A subcommand is required")
cli_case(bad_format ARGS diagram ${vary} --format xml CODE 2 OUT "^$"
  ERR "moebius: --format: 'xml' came, but one is needed; did you mean")
cli_case(unknown_router ARGS diagram --router topk --vary feedback=1:2 CODE 2
  ERR "moebius: router: 'topk' is unknown, but a shipped router is needed. did you mean 'top-k'")
cli_case(router_setting ARGS simulate --router top-k,q=2 CODE 2
  ERR "moebius: top-k: 'q' came, but its options are k, gate, renormalise")
cli_case(router_and_model ARGS diagram --router top-1 --model softmax --vary feedback=1:2 CODE 2
  ERR "moebius: --model: softmax came beside --router, but the mean load of the router is the model")
cli_case(clusters_without_tokens ARGS diagram --router adaptive-clustering --vary feedback=1:2 CODE 2
  ERR "moebius: --router: adaptive-clustering came without --tokens, but it weighs the features of tokens in a file")
cli_case(router_on_a_device ARGS validate --router soft-moe --device cuda CODE 2
  ERR "moebius: --device: 'cuda' came for soft-moe, but validate sweeps it on the CPU; simulate runs its loops on devices")
cli_case(compare_sets ARGS compare --set feedback=2 CODE 2
  ERR "moebius: --set: 'feedback' came, but compare takes beta and decay, and sweeps the others itself")
cli_case(router_option_bare ARGS simulate --router top-k,2 CODE 2
  ERR "moebius: router: '2' came among its options, but each must be key=value")
cli_case(router_option_twice ARGS simulate --router top-k,k=2,k=3 CODE 2
  ERR "moebius: router: k came twice, but once is enough")
cli_case(clusters_of_margins ARGS diagram --router adaptive-clustering --tokens mixture:0/1 --vary feedback=1:2 CODE 2
  ERR "moebius: --router: adaptive-clustering came for 'mixture:0/1', but it weighs the features of tokens in a file")
cli_case(too_many_experts ARGS simulate --router soft-moe --experts 1000000000 CODE 2
  ERR "moebius: --experts: 1000000000 came, but a router takes up to 65536")
cli_case(measured_beta ARGS diagram --router probmoe-exact-k,k=1 --tokens mixture:0/1 --set feedback=3 --vary beta=0.1:5 CODE 2
  ERR "but this router's response is known at one beta alone")

set(digits ${PROJECT_SOURCE_DIR}/data/digits.csv)
rejected(train_nothing ARGS train ERR "--data: nothing came, but it must be a CSV or NPY file, mixture:... or teacher:...")
rejected(mixture_of_no_weight ARGS diagram ${vary} --tokens mixture:0/1/0 --model token-response
  ERR "--tokens: 'mixture:0/1/0' came, but its weights must have a sum above 0")
rejected(normal_too_wide ARGS diagram ${vary} --tokens normal:1000000/67/1 --model token-response
  ERR "--tokens: 'normal:1000000/67/1' came, but width times experts must be at most 2.22")
rejected(train_gain_alone ARGS train --data ${digits} --set gain=0.1
  ERR "gain: 0.1 came, but it is a controller's: --controller NAME is needed")
rejected(train_controller_without_gain ARGS train --data ${digits} --controller sign
  ERR "controller: sign came without a gain, but sign,gain=NUMBER is needed")
rejected(train_controller_gain_varied ARGS train --data ${digits} --controller loss-free --vary gain=0:1
  ERR "controller: a gain came for loss-free, [^\n]*")
rejected(train_log_of_some_steps ARGS train --data ${digits} --steps 100 --record-every 50 --log x.npz
  ERR "--log: --record-every is 50, but a load log has every step: it must be 1")
rejected(train_log_of_shares ARGS train --data ${digits} --steps 100 --record-every 1 --router soft-moe --log x.npz
  ERR "--log: --router soft-moe came, but a load log counts the choices of tokens that choose top_k experts each")
rejected(train_steps ARGS train --data ${digits} --steps 75 --record-every 50
  ERR "--steps: 75 came, but it must be a multiple of --record-every, 50")
rejected(train_parameter ARGS train --data ${digits} --set feedbak=1 ERR "training: 'feedbak' came[^\n]*did you mean 'feedback'[^\n]*")
rejected(train_router ARGS train --data ${digits} --router top-k,k=9 ERR "top-k: [^\n]*")
rejected(train_activation ARGS train --data ${digits} --activation tanh ERR "--activation: 'tanh' came[^\n]*")
rejected(train_clusters ARGS train --data ${digits} --router adaptive-clustering
  ERR "train: clusters came for one layer, but they are the experts of the layer before")
rejected(train_corrupt ARGS train --data ${digits} --corrupt blur=1 ERR "--corrupt: 'blur=1' came[^\n]*")
rejected(train_experts ARGS validate --trained --data ${digits} --experts 1
  ERR "--experts: 1 came, but at least two can differ")
rejected(train_many ARGS train --data ${digits} --seeds 100000000000000
  ERR "train: 1e.14 models came, but points times seeds must be at most 1e.06")
rejected(train_ramp ARGS train --data ${digits} --set feedback_end=3 ERR "--ramp: 0 came, but it goes with feedback_end[^\n]*")
rejected(train_patch ARGS train --data ${digits} --router soft-moe --patch 4 --set beta=3
  ERR "--patch: beta = 3 came, but Soft MoE on patches has no such parameter")
rejected(train_checkpoint ARGS train --data ${digits} --checkpoint ${missing}/x.npy ERR "[^\n]*")
rejected(trained_lead ARGS validate --trained --data ${digits} --vary lead=0:3
  ERR "validate --trained: lead came among the numbers, but --lead says it for both starts")
rejected(trained_chance ARGS validate --trained --data ${digits} --chance 2 ERR "--chance: 2 came, but it must be in .0, 1.")
rejected(response_points ARGS response --points 0 ERR "--points: 0 came, but it must be 12 to 100000")
rejected(train_momentum ARGS train --data ${digits} --optimiser adam --set momentum=0.9
  ERR "momentum: 0.9 came, but it is for sgd: adam has its own")

# What is read is never written over, whatever the way to it.
set(copied ${CMAKE_CURRENT_BINARY_DIR}/copied.csv)
configure_file(${PROJECT_SOURCE_DIR}/data/digits.csv ${copied} COPYONLY)
set(too "came, which is read, too, but what is read is never overwritten")
rejected(out_over_tokens
  ARGS simulate --tokens ${copied} --out ${CMAKE_CURRENT_BINARY_DIR}/../cli/copied.csv
  ERR "--out: [^\n]*copied.csv ${too}")
rejected(out_over_data ARGS train --data ${copied} --out ${copied}
  ERR "--out: [^\n]*copied.csv ${too}")
rejected(out_over_checkpoint ARGS train --data mixture:3/4 --checkpoint z --out z
  ERR "--out and --checkpoint: z came twice, but each must be a file of its own")
rejected(checkpoint_over_data ARGS train --data ${copied} --checkpoint ${copied}
  ERR "--checkpoint: [^\n]*copied.csv ${too}")
rejected(out_over_figure
  ARGS train --data mixture:3/4 --steps 20 --out figures-loads.svg --plot figures.svg
  ERR "--out and --plot: figures-loads.svg came beside figures.svg, but several figures of a result are named that way: another name is needed")
string(REPEAT x 300 long)
rejected(long_tokens ARGS simulate --tokens ${long} --out long.json ERR "x+: File name too long")
rejected(out_over_from ARGS diagram --from run.json:LP1 ${vary} --out run.json
  ERR "--out: run.json ${too}")
set(three validate --tokens ${copied} --gate class-means:0,1,2)
rejected(validate_tokens_experts ARGS ${three} --experts 4 ERR "--experts: 4 came, but the tokens have 3")
rejected(validate_tokens_router ARGS ${three} --router top-k
  ERR "--router: top-k came with tokens of 3 experts, but their loads are known with their scatter for top-1")
rejected(validate_tokens_noise ARGS ${three} --noise gaussian
  ERR "--noise: gaussian came, but the mean load of tokens of 3 experts is a softmax: gumbel noise")
rejected(validate_tokens_bias ARGS ${three} --set bias_1=1
  ERR "--set: 'bias_1' came, but validate takes beta and decay")
rejected(validate_tokens_device ARGS ${three} --device cuda
  ERR "--device: 'cuda' came with tokens of 3 experts, but their loops run on the CPU")
rejected(validate_tokens_ramp ARGS ${three} --ramp 5
  ERR "--ramp: it came for validate on tokens of many experts, but that does not use it")
rejected(validate_starts ARGS validate --starts 5
  ERR "--starts: it came for validate on two experts, but that does not use it")
rejected(validate_controller_tokens ARGS ${three} --controller loss-free
  ERR "--tokens: they came with --controller, but tokens are validated without a controller")
cli_case(misspelt_option ARGS diagram --vray feedback=1:2 CODE 109 OUT "^$"
  ERR "^moebius: diagram: '--vray' came, but it is no option; did you mean '--vary'[^\n]*\n$")

# Ranges whose points double precision cannot tell apart, or whose width it cannot hold.
rejected(range_narrow ARGS diagram --vary feedback=0:5e-324
  ERR "--vary feedback: 0:4.94066e-324 came, but its ends are too close to tell points between them")
rejected(range_wide ARGS sweep --grid --vary feedback=-1e308:1e308 --vary bias=-1:1 --points 3
  ERR "--vary feedback: -1e.308:1e.308 came, but its width must be a finite number")
# A bias that single precision does not hold, a model too large to train, experts beyond any router.
rejected(gate_bias ARGS train --data mixture:3/4 --steps 10 --set gate_bias=1e200
  ERR "train: gate_bias is 1e.200, but it must be a finite number of single precision")
rejected(train_parameters ARGS train --data mixture:3/4 --hidden 10000000 --steps 1
  ERR "train: a model of 4 features, 4 experts and 3 classes has [0-9]+ parameters, but 4194304 are the most")
rejected(compare_experts ARGS compare --experts 18446744073709551615
  ERR "--experts: 18446744073709551615 came, but a router takes up to 65536")
# A table of subsets that no machine has the memory for.
rejected(subset_table ARGS simulate --experts 60000 --router probmoe-exact-k,k=30000 --steps 2
  ERR "probmoe: up to 30000 of 60000 experts came, but their product must be at most 4194304")
# Scores that their own scale cannot measure.
rejected(state_reach ARGS diagram --vary feedback=1:2 --set beta=1e308
  ERR "two-expert: its states reach 1e.308 times their scale at feedback = 1, .*, but at most 1e.150 times can be computed with")
