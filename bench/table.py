"""Rows of numbers, printed as they come and kept in a file of bench/."""
import os


class Table:
    def __init__(self, file, title, target, unit):
        here = os.path.dirname(os.path.realpath(__file__))
        self.path = os.path.join(here, file)
        machine = f'{os.cpu_count()} processors at a load of {os.getloadavg()[0]:.1f}'
        self.lines = [f'# {title}', '', f'Written by `make {target}` on {machine}.', '',
                      f'| {unit} | least | median | 99 % | |', '| --- | --- | --- | --- | --- |']
        print(self.lines[2])
        print(f'{unit:46} {"least":>9} {"median":>9} {"99 %":>9}', flush=True)

    def row(self, name, numbers, form='.2f', more=''):
        numbers = sorted(numbers)
        shares = [format(numbers[min(len(numbers) - 1, int(share * len(numbers)))], form) for share in (0, 0.5, 0.99)]
        print(f'{name:46} ' + ' '.join(f'{share:>9}' for share in shares) + f' {more}', flush=True)
        self.lines.append(f'| {name.strip()} | {" | ".join(shares)} | {more} |')

    def write(self):
        with open(self.path, 'w') as file:
            file.write('\n'.join(self.lines) + '\n')
