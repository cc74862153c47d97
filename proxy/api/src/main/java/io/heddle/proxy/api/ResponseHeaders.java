package io.heddle.proxy.api;

/** The head of a response. */
public interface ResponseHeaders extends HeaderMap {
  /** Status code, 100 to 599. */
  int status();

  /** Changes the status code, 200 to 599. */
  void status(int status);
}
