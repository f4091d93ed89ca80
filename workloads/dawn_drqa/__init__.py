"""DrQA as DAWNBench's entry trained it: a reader that finds the answer to a question in a passage, Adamax, F1."""
