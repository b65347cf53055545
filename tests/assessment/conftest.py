"""Its presence lets the tests of the rooms below import the toy county."""
