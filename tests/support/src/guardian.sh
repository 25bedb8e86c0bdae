# Runs one Postgres cluster for the process at the other end of the standard input.
#
# Only this script starts and stops the server, one order at a time. When the
# owner ends, in whatever way, `read` meets the end of the input. No start is
# under way then, so none can outlive the clean-up.
#
# Where FANG_CLUSTER_TEMPLATE names the files of a new cluster, they are copied:
# that takes a seventh of the processor time of making them.
#
# usage: guardian BIN ROOT SOCKET [WORDS THAT BECOME THE SERVER'S USER...]
trap '' HUP INT QUIT TERM PIPE
bin=$1 root=$2 socket=$3
shift 3

initialise() {
    if [ -d "$FANG_CLUSTER_TEMPLATE" ]; then
        "$@" cp -R "$FANG_CLUSTER_TEMPLATE" "$root/data"
        return
    fi
    "$@" "$bin/initdb" -D "$root/data" -U postgres -A trust -E UTF8 --no-locale --no-sync
}
keep() {
    "$@" cp -R "$root/data" "$root/template"
}
start() {
    "$@" "$bin/pg_ctl" start -D "$root/data" -l "$root/data/server.log" -s -w -t 60
}
stop() {
    "$@" "$bin/pg_ctl" stop -D "$root/data" -m immediate -s -w -t 60
}
answer() {
    if "$@" </dev/null >>"$root/output" 2>&1; then echo ok; else echo failed; fi
}

echo ready
while read -r order; do
    case $order in
        init) answer initialise "$@" ;;
        template) answer keep "$@" ;;
        start) answer start "$@" ;;
        stop) answer stop "$@" ;;
    esac
done

# If the stop fails, the server ends by itself once its data folder is removed.
stop "$@" </dev/null >/dev/null 2>&1
rm -rf -- "$root" "$socket"
