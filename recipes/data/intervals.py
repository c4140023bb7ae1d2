"""What recipes/code_from_tests.py asks for."""


def merge(intervals: list[list[int]]) -> list[list[int]]:
    """Return the fewest intervals that cover the same numbers, in ascending order.

    Each interval is [first, last], both ends included; the given list is left as it is.

    >>> merge([[1, 3], [2, 6], [8, 9]])
    [[1, 6], [8, 9]]
    >>> merge([])
    []
    """
    raise NotImplementedError
