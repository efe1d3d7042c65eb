"""A Slurm of two nodes on this machine, which is gone when the test is over."""
import ctypes
import getpass
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

PROGRAMS = ["munged", "slurmctld", "slurmd", "sbatch", "scontrol", "squeue", "sinfo"]

CONFIGURATION = """ClusterName=oldfilm
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/ctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/ctld.log
SlurmdLogFile={folder}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,sched_min_interval=100000
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
PropagateResourceLimits=NONE
ReturnToService=2
SlurmctldTimeout=10
SlurmdTimeout=6
KillWait=2
MessageTimeout=10
{nodes}
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def missing():
    """The programs that Slurm lacks here."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    os.environ["PATH"] = path
    return [name for name in PROGRAMS if shutil.which(name) is None]


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def end_with_parent():
    """Called in a new process: when the test is killed, its daemons are."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Slurm:
    """Daemons in a temporary folder, on free ports; `with` stops them."""

    def __init__(self, nodes=("n1", "n2")):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="oldfilm-slurm-"))  # short: sockets lie in it
        self.processes = {}
        host = socket.gethostname()
        port, *ports = free_ports(1 + len(nodes))
        lines = [f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={own} CPUs=1 RealMemory=500"
                 for name, own in zip(nodes, ports)]
        self.configuration = self.folder / "slurm.conf"
        self.configuration.write_text(CONFIGURATION.format(
            host=host, port=port, folder=self.folder, user=getpass.getuser(), nodes="\n".join(lines)))
        self.environment = {**os.environ, "SLURM_CONF": str(self.configuration)}
        self.nodes = nodes

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # on the way out, everything is stopped
        try:
            for name in ("state", "spool", *(f"spool/{node}" for node in self.nodes)):
                (self.folder / name).mkdir()
            key = self.folder / "munge.key"
            key.write_bytes(os.urandom(128))
            key.chmod(0o400)
            self.begin("munged", "munged", "--foreground", "--force", f"--socket={self.folder}/munge.socket",
                       f"--key-file={key}", f"--pid-file={self.folder}/munge.pid",
                       f"--log-file={self.folder}/munge.log", f"--seed-file={self.folder}/munge.seed")
            self.wait(lambda: (self.folder / "munge.socket").exists(), "munged did not start")
            self.begin("slurmctld", "slurmctld", "-D", "-f", str(self.configuration))
            for node in self.nodes:
                self.begin_node(node)
            self.wait(lambda: self.say("sinfo", "-h", "-o", "%D", "-t", "idle") == str(len(self.nodes)),
                      "the nodes did not come up")
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def begin(self, name, *words):
        log = open(self.folder / f"{name}.out", "ab")
        self.processes[name] = subprocess.Popen(words, env=self.environment, stdin=subprocess.DEVNULL, stdout=log,
                                                stderr=log, start_new_session=True, preexec_fn=end_with_parent)

    def begin_node(self, node, limit=None):
        """`limit`: no file that its jobs write grows above so many bytes, as on a full disk."""
        before = ["prlimit", f"--fsize={limit}"] if limit else []
        self.begin(node, *before, "slurmd", "-D", "-N", node, "-f", str(self.configuration))

    def kill_node(self, node):
        process = self.processes.pop(node)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    def say(self, *words):
        done = subprocess.run(words, env=self.environment, text=True, capture_output=True, check=False)
        return done.stdout.strip()

    def jobs(self):
        return self.say("squeue", "-h", "-r", "-o", "%i %T %N %r")

    def wait(self, condition, otherwise, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"{otherwise}\n{self.logs()}")
            time.sleep(0.1)

    def logs(self):
        text = self.jobs() + "\n"
        for path in sorted(self.folder.glob("*.log")) + sorted(self.folder.glob("*.out")):
            text += f"--- {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-15:]) + "\n"
        return text

    def stop(self):
        if "slurmctld" in self.processes:
            self.say("scancel", "--user", getpass.getuser())
            self.say("scontrol", "shutdown")
        for process in reversed(list(self.processes.values())):
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.stop_steps()
        shutil.rmtree(self.folder, ignore_errors=True)

    def stop_steps(self):
        """Processes of jobs, and what supervises them, know this folder by their environment or files."""
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if str(self.configuration).encode() in (entry / "environ").read_bytes() and int(entry.name) != os.getpid():
                    os.kill(int(entry.name), signal.SIGKILL)
            except (OSError, ValueError):
                continue
