"""Which system calls a submission may make: all that computing needs, none that reaches out of its process.

Refused are new processes, sockets, looking into or signalling by handle, namespaces and mounts, kernel interfaces, and
memory or objects that no resource limit counts: a pipe can hold on to pages, of 2 MB too, that their process has given
back, and attributes of files may be longer than these; shared memory, semaphores and queues that others have made; and
what throws the files that others read out of memory. The filter is libseccomp's, by way of pyseccomp.
"""

import errno
import tempfile

import pyseccomp

from staff.confine import OWN_PID, PR_SET_DUMPABLE, PR_SET_PDEATHSIG

INT = 0xFFFFFFFF  # what the kernel looks at of an int; a filter sees what else the register holds
CLONE_THREAD = 0x10000
MAP_SHARED_AND_ANONYMOUS = 0x01 | 0x20
MAP_GROWSDOWN = 0x100
F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY = 8, 10, 15, 1024, 1026
FIOSETOWN, SIOCSPGRP = 0x8901, 0x8902
TIOCSTI, TIOCLINUX = 0x5412, 0x541C

_REFUSED = """
fork vfork execve execveat
socket socketpair connect bind listen accept accept4
io_uring_setup io_uring_enter io_uring_register
ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_open pidfd_getfd pidfd_send_signal
unshare setns mount umount2 pivot_root chroot open_tree move_mount mount_setattr fsopen fsconfig fsmount fspick
bpf perf_event_open userfaultfd keyctl add_key request_key name_to_handle_at open_by_handle_at fanotify_init
init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff acct quotactl syslog
settimeofday clock_settime adjtimex clock_adjtime sethostname setdomainname iopl ioperm modify_ldt personality
setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid
setpriority sched_setscheduler sched_setparam sched_setattr ioprio_set
memfd_create memfd_secret mknod mknodat
shmget shmat shmctl shmdt semget semop semtimedop semctl msgget msgsnd msgrcv msgctl mq_open mq_unlink
inotify_init inotify_init1 inotify_add_watch landlock_create_ruleset landlock_add_rule landlock_restrict_self
sync syncfs fadvise64 readahead
splice tee vmsplice sendfile io_setup
fallocate setxattr lsetxattr fsetxattr
tkill seccomp
""".split()
# The same on all processors; libseccomp does not know their names yet.
_REFUSED_BY_NUMBER = {"statmount": 457, "listmount": 458, "setxattrat": 463, "open_tree_attr": 467, "file_setattr": 469}
# Refused but upon oneself: where all are the same user, the kernel would allow them upon the process that forks the
# next submission.
_UPON_ONESELF = "kill tgkill rt_sigqueueinfo rt_tgsigqueueinfo".split()


def program():
    """The filter as the kernel takes it.

    Returns:
        The bytes of an array of struct sock_filter. Calls of another architecture end the process.
    """
    rules = pyseccomp.SyscallFilter(defaction=pyseccomp.ALLOW)
    # The whole process, not the thread: the others would be left, and waited for.
    rules.set_attr(pyseccomp.Attr.ACT_BADARCH, pyseccomp.KILL_PROCESS)
    no = pyseccomp.ERRNO(errno.EPERM)
    for call in (*_REFUSED, *_REFUSED_BY_NUMBER.values()):
        rules.add_rule(no, call)
    # clone() must make a thread; of clone3() a filter cannot see the flags, and C libraries can do without it.
    rules.add_rule(no, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, CLONE_THREAD, 0))
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    shared = pyseccomp.Arg(3, pyseccomp.MASKED_EQ, MAP_SHARED_AND_ANONYMOUS, MAP_SHARED_AND_ANONYMOUS)
    rules.add_rule(pyseccomp.ERRNO(errno.ENOMEM), "mmap", shared)
    # The limit of memory counts it as stack, which is to say not at all.
    stack = pyseccomp.Arg(3, pyseccomp.MASKED_EQ, MAP_GROWSDOWN, MAP_GROWSDOWN)
    rules.add_rule(pyseccomp.ERRNO(errno.ENOMEM), "mmap", stack)
    # The process has been told to end with the grader, and is not to take that back; nor is it to own its files in
    # /proc, by which it could be weighed as before, and no longer be the first that is killed where memory runs out.
    for option in (PR_SET_PDEATHSIG, PR_SET_DUMPABLE):
        rules.add_rule(no, "prctl", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, INT, option))
    for name in _UPON_ONESELF:
        rules.add_rule(no, name, pyseccomp.Arg(0, pyseccomp.NE, OWN_PID))
    for name in ("prlimit64", "sched_setaffinity"):
        rules.add_rule(no, name, pyseccomp.Arg(0, pyseccomp.NE, 0))
    # A file that changes sends a signal to its owner; a lease has who opens it wait, be it the grader.
    for command in (F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY):
        rules.add_rule(no, "fcntl", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, INT, command))
    for request in (TIOCSTI, TIOCLINUX, FIOSETOWN, SIOCSPGRP):
        rules.add_rule(no, "ioctl", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, INT, request))
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
