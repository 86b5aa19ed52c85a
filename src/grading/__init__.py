"""How a submission is graded: probes run beside the student's code, checks in the grader's own process."""
