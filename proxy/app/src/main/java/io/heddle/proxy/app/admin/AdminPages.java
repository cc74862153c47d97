package io.heddle.proxy.app.admin;

import java.util.Map;
import java.util.TreeMap;

/** The paths of the admin API. Filled at start, then only read. */
public final class AdminPages implements AdminPage {

  /** A page, whether it changes something, and what it says of itself. */
  private record Entry(AdminPage page, boolean changes, String help) {}

  private final Map<String, Entry> entries = new TreeMap<>();

  /** Adds a page that only shows. */
  public AdminPages show(String path, String help, AdminPage page) {
    entries.put(path, new Entry(page, false, help));
    return this;
  }

  /** Adds a page that changes something: POST only, and not for a page of another origin. */
  public AdminPages change(String path, String help, AdminPage page) {
    entries.put(path, new Entry(page, true, help));
    return this;
  }

  @Override
  public AdminResponse answer(AdminRequest request) {
    if (request.path().equals("/") || request.path().equals("/help")) {
      return AdminResponse.text(200, help());
    }
    Entry entry = entries.get(request.path());
    if (entry == null) {
      return AdminResponse.text(404, "unknown path; these are known:\n" + help());
    }
    if (entry.changes) {
      if (!request.method().equals("POST")) {
        return AdminResponse.text(405, "method: found " + request.method() + ", expected POST\n");
      }
      if (request.foreign()) {
        return AdminResponse.text(403, "origin: a page of another origin may change nothing\n");
      }
    }
    return entry.page.answer(request);
  }

  private String help() {
    StringBuilder out = new StringBuilder();
    for (Map.Entry<String, Entry> entry : entries.entrySet()) {
      String method = entry.getValue().changes ? "POST " : "GET  ";
      out.append(method).append(entry.getKey());
      out.append(" ".repeat(Math.max(1, 24 - entry.getKey().length())));
      out.append(entry.getValue().help).append('\n');
    }
    return out.toString();
  }
}
