// SPDX-License-Identifier: MIT
// The main of the programs that have none of their own.
int run_catch(int argc, char** argv);

int main(int argc, char** argv) { return run_catch(argc, argv); }
