"""`python -m vitrine.learning`: compiles the room, when it is installed or an image is built."""

from vitrine.learning.warming import warm_up

if __name__ == "__main__":
    warm_up()
