#!/usr/bin/python
import requests
def f(a = 1): return a
