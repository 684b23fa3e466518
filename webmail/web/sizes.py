"""How large a file is, in words."""


def size_text(size_bytes: int) -> str:
    """KB and MB with at most one decimal, counted in 1024s as mail programs do."""
    if size_bytes < 1024:
        return f"{size_bytes} bytes" if size_bytes != 1 else "1 byte"
    if size_bytes < 1000 * 1024:
        return f"{max(round(size_bytes / 1024), 1)} KB"
    megabytes = f"{size_bytes / 1024**2:.1f}"
    return f"{megabytes.removesuffix('.0')} MB"
