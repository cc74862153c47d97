/** java-control-plane beside our server, in a build of its own, as its packages clash with ours. */
package compare;
