"""What a person calls on a laptop. `python -m functions.console` (`__main__`) is the operator's command line.

operate                  asks the deployed functions, shows what they answer
├─ commands            every command; options and instants are what each takes
├─ actions, answers    what is answered, for people; standings
├─ screen, progress    what it looks like; a sign of life
└─ parts               which of several stacks is asked
check                    whether both systems fit a file; fill_secrets stores what they take
restore_ledger           a restored table becomes the ledger; table_contents judges it before
schemas                  of the file, and of requests and answers
aws                      the stack by its outputs; stack_names is what stacks are called
"""
