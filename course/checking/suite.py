def run_suite(**order: object) -> dict[str, object]:
    return {}
