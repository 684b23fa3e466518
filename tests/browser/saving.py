"""A draft saved at once, where a test is not about waiting for it."""

from playwright.sync_api import expect


def save_now(window):
    """As who presses Enter in a field; ``window`` is a page with one, or the window itself."""
    window.locator("button[name=do][value=save]").first.dispatch_event("click")
    expect(window.locator("[data-saved]")).to_have_text("Saved", timeout=15_000)
