package io.heddle.proxy.app.admin;

/** Answers requests to one path. Called on any thread of the server, several at once. */
@FunctionalInterface
public interface AdminPage {
  AdminResponse answer(AdminRequest request);
}
