"""The servers that tests start for themselves."""
import subprocess


def shared_memory() -> list[str]:
    table = subprocess.run(["ipcs", "-m"], capture_output=True, text=True, check=True).stdout
    return [line.split()[1] for line in table.splitlines() if line.startswith("0x")]


def test_a_server_that_is_killed_leaves_nothing_in_the_system(postgres):
    piece = (postgres.folder / "data/postmaster.pid").read_text().splitlines()[6].split()[1]
    assert piece in shared_memory()
    postgres.kill()
    assert piece not in shared_memory()
    postgres.start()
