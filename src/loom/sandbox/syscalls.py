"""The kernel calls that no scorer needs, as a seccomp filter that refuses them. Installs nothing.

A second wall: namespaces and missing capabilities already hold what these calls reach for.
"""

import struct
from typing import Final

__all__ = ["filter_for"]

_ERRNO_EPERM: Final = 0x00050000 | 1
_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_LOAD: Final = 0x20
_JUMP_EQUAL: Final = 0x15
_JUMP_AT_LEAST: Final = 0x35
_RETURN: Final = 0x06
_NUMBER_AT: Final = 0
_MACHINE_AT: Final = 4
_X32: Final = 0x40000000

_SAME_EVERYWHERE: Final = {
    "pidfd_send_signal": 424,
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "pidfd_open": 434,
    "clone3": 435,
    "pidfd_getfd": 438,
    "mount_setattr": 442,
}
_X86_64: Final = {
    "shmget": 29,
    "socket": 41,
    "socketpair": 53,
    "clone": 56,
    "fork": 57,
    "vfork": 58,
    "execve": 59,
    "semget": 64,
    "msgget": 68,
    "ptrace": 101,
    "personality": 135,
    "pivot_root": 155,
    "chroot": 161,
    "mount": 165,
    "umount2": 166,
    "mq_open": 240,
    "add_key": 248,
    "request_key": 249,
    "keyctl": 250,
    "unshare": 272,
    "perf_event_open": 298,
    "name_to_handle_at": 303,
    "open_by_handle_at": 304,
    "setns": 308,
    "process_vm_readv": 310,
    "process_vm_writev": 311,
    "kcmp": 312,
    "memfd_create": 319,
    "bpf": 321,
    "execveat": 322,
    "userfaultfd": 323,
}
_AARCH64: Final = {
    "umount2": 39,
    "mount": 40,
    "pivot_root": 41,
    "chroot": 51,
    "personality": 92,
    "unshare": 97,
    "ptrace": 117,
    "mq_open": 180,
    "msgget": 186,
    "semget": 190,
    "shmget": 194,
    "socket": 198,
    "socketpair": 199,
    "add_key": 217,
    "request_key": 218,
    "keyctl": 219,
    "clone": 220,
    "execve": 221,
    "perf_event_open": 241,
    "name_to_handle_at": 264,
    "open_by_handle_at": 265,
    "setns": 268,
    "process_vm_readv": 270,
    "process_vm_writev": 271,
    "kcmp": 272,
    "memfd_create": 279,
    "bpf": 280,
    "execveat": 281,
    "userfaultfd": 282,
}
_MACHINES: Final = {
    "x86_64": (0xC000003E, _X86_64),
    "aarch64": (0xC00000B7, _AARCH64),
}


def filter_for(machine: str) -> bytes:
    """The filter for a `platform.machine()`; empty where the numbers of the calls are not known here."""
    if machine not in _MACHINES:
        return b""
    audit, calls = _MACHINES[machine]
    refused = sorted({*calls.values(), *_SAME_EVERYWHERE.values()})
    to_refusal = range(len(refused), 0, -1)
    return b"".join(
        (
            _instruction(_LOAD, value=_MACHINE_AT),
            _instruction(_JUMP_EQUAL, yes=1, value=audit),
            _instruction(_RETURN, value=_KILL),
            _instruction(_LOAD, value=_NUMBER_AT),
            _instruction(_JUMP_AT_LEAST, yes=len(refused) + 1, value=_X32),
            *(
                _instruction(_JUMP_EQUAL, yes=distance, value=number)
                for number, distance in zip(refused, to_refusal, strict=True)
            ),
            _instruction(_RETURN, value=_ALLOW),
            _instruction(_RETURN, value=_ERRNO_EPERM),
        )
    )


def _instruction(code: int, *, yes: int = 0, value: int) -> bytes:
    """A `struct sock_filter`; where its test fails, the next one follows."""
    return struct.pack("=HBBI", code, yes, 0, value)
